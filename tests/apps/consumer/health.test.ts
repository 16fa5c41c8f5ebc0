import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from '../../../apps/consumer/health.ts';
import type { Brokers } from '../../../apps/kafka/connections/brokers.ts';
import { Commits } from '../../../apps/kafka/group/commits.ts';
import { Coordinator } from '../../../apps/kafka/group/coordinator.ts';
import { readLogEnds } from '../../../apps/kafka/messages/log-ends.ts';
import type { Ownership } from '../../../apps/kafka/messages/offsets.ts';
import type { KafkaOperation } from '../../../apps/kafka/health.ts';
import { createLog } from '../../../apps/service/log.ts';

const TOPIC = { name: 't', leader: (partition: number) => ({ nodeId: partition, epoch: 0 }) };

function health(): { of: Health<KafkaOperation>; wait: () => void } {
  let now = 0;
  return { of: new Health('kafka', createLog('test', 'silent'), () => now), wait: () => (now += 60_000) };
}

/** Answers of brokers, by node id: where logs end, or nothing where a broker is away. */
function brokers(ends: ReadonlyMap<number, number>): Pick<Brokers, 'ask'> {
  const ask = (_purpose: unknown, nodeId: number): Promise<unknown> => {
    const end = ends.get(nodeId);
    if (end === undefined) return Promise.reject(new Error(`broker ${nodeId} is away`));
    const partitions = [
      { partitionIndex: nodeId, errorCode: 0, timestamp: 0n, offset: BigInt(end), leaderEpoch: 0 },
    ];
    return Promise.resolve({ topics: [{ name: 't', partitions }] });
  };
  return { ask: ask as Brokers['ask'] };
}

test('a broker that was away once, as the ends of the logs were asked for, is no reason to be not ready for ever', async () => {
  const { of, wait } = health();
  const first = await readLogEnds({ brokers: brokers(new Map([[0, 7]])), topic: TOPIC, health: of }, [0, 1]);
  assert.deepEqual([...first], [[0, 7]]);
  wait();
  assert.equal(of.notReady, 'kafka: broker 1 is away');
  const ends = new Map([
    [0, 8],
    [1, 9],
  ]);
  const then = await readLogEnds({ brokers: brokers(ends), topic: TOPIC, health: of }, [0, 1]);
  assert.deepEqual([...then], [...ends]);
  assert.equal(of.notReady, undefined);
});

test('a commit that failed and is another member’s now is no reason to be not ready for ever', async () => {
  const { of, wait } = health();
  let owner: Ownership | undefined = { generation: 1, memberId: 'm' };
  const away = Object.assign(brokers(new Map()), {
    askAny: () => {
      owner = undefined;
      return Promise.reject(new Error('no broker is there'));
    },
  }) as unknown as Brokers;
  const commits = new Commits({
    brokers: away,
    coordinator: new Coordinator('g', away),
    topic: 't',
    ownership: () => owner,
    health: of,
    signal: new AbortController().signal,
  });
  commits.note(0, { offset: 5, leaderEpoch: 0 });
  await commits.settled();
  wait();
  assert.equal(of.notReady, undefined);
});
