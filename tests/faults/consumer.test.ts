import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Application } from '../../infra/local/application.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { readMetric } from './metric.ts';
import { Platform } from './platform.ts';
import type { Onward, Put } from './store-proxy.ts';
import type { Stream } from './stream.ts';

/** Streams whose consumers are killed side by side: each restart waits for the dead member's session to end. */
const STREAMS = 4;
const MOMENTS = ['reading', 'before PUT', 'in PUT', 'after PUT before commit', 'after commit'] as const;
const SESSION_TIMEOUT_MS = 3_000;

describe('consumers', () => {
  let platform: Platform;
  before(async () => {
    const properties = { 'group.min.session.timeout.ms': SESSION_TIMEOUT_MS };
    platform = await Platform.start({ brokers: 1, properties });
  });
  after(() => platform.stop());

  test('SIGKILL at 20 points, in reading, before, in and after PUT, and after commit: nothing is lost or stored twice', async (t) => {
    const killed: string[] = [];
    await Promise.all(
      Array.from({ length: STREAMS }, async (_, index) => {
        const stream = await platform.stream(`killed-${index}`, { partitions: 3 });
        const producer = await stream.startProducer();
        const consumer = await stream.startConsumer({ SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) });
        const load = stream.load({ endpoint: producer.endpoint, events: 20_000, ratePerSecond: 60 });
        for (const moment of MOMENTS) {
          const where = await killAt(moment, index, stream, consumer);
          killed.push(`${moment} ${where}`);
          await stream.sampleCommits();
          await consumer.start();
        }
        await load.stop();
        assert.equal(load.failed, 0);
        await stream.drained(60_000);
        await stream.verify(t);
      }),
    );
    t.diagnostic(`killed: ${killed.sort().join('; ')}`);
    assert.equal(killed.length, 20);
  });

  test('scaled from one to three and back under load: nothing is lost or stored twice, no partition stands still for 10 s', async (t) => {
    const stream = await platform.stream('scaled', { partitions: 6 });
    const producer = await stream.startProducer();
    const first = await stream.startConsumer();
    const load = stream.load({ endpoint: producer.endpoint, events: 20_000, ratePerSecond: 200 });
    await load.untilAccepted(600);
    const since = performance.now();
    const others = await Promise.all([stream.startConsumer(), stream.startConsumer()]);
    await untilOwned(2, [first, ...others]);
    await load.untilAccepted(load.accepted + 600);
    for (const other of others) assert.deepEqual(await other.stop(), { code: 0, signal: null });
    await untilOwned(6, [first]);
    await load.untilAccepted(load.accepted + 600);
    await load.stop();
    const stall = longestStallMs(stream, since);
    const rebalances = await readMetric(first, 'headwater_consumer_rebalances_total');
    t.diagnostic(
      `${String(rebalances.get(''))} rebalances, longest stall of a partition ${Math.round(stall)} ms`,
    );
    assert.equal(load.failed, 0);
    await stream.drained(30_000);
    await stream.verify(t);
    assert.ok(stall <= 10_000, `a partition stood still for ${stall} ms`);
  });

  test('a topic deleted and made again under the same name: its records are stored, none is taken for the old ones', async (t) => {
    const stream = await platform.stream('made-again', { partitions: 3 });
    const producer = await stream.startProducer();
    await stream.startConsumer();
    const old = stream.load({ endpoint: producer.endpoint, events: 600, ratePerSecond: 300 });
    await old.done;
    await stream.drained(30_000);
    const before = await stream.objects();

    const newId = await stream.remakeTopic();
    await producer.ready();
    const again = stream.load({
      endpoint: producer.endpoint,
      events: 1_200,
      ratePerSecond: 300,
      retries: 40,
    });
    await again.done;
    assert.equal(again.failed, 0);
    await stream.drained(60_000, newId);
    const { chains } = await stream.verify(t);
    const stored = (id: string): number =>
      chains.filter(({ topicId }) => topicId === id).reduce((sum, { records }) => sum + records, 0);
    assert.deepEqual([stored(stream.topicId), stored(newId)], [600, 1_200]);
    const now = await stream.objects();
    for (const [key, object] of before) assert.equal(now.get(key), object, key);
  });

  /** @returns where the consumer was killed. */
  async function killAt(
    moment: (typeof MOMENTS)[number],
    variant: number,
    stream: Stream,
    consumer: Application,
  ): Promise<string> {
    const { storeProxy } = platform;
    const ofStream = ({ topic, partition }: Put): boolean =>
      topic === stream.topic && partition === (variant + MOMENTS.indexOf(moment)) % stream.partitions;
    const kill = async (onward: Onward): Promise<Onward> => {
      consumer.signal('SIGKILL');
      await consumer.exited;
      return onward;
    };
    // Half of the streams let what is under way arrive after the death, as a network would.
    const onward = variant % 2 === 0 ? 'abandon' : 'go-on';
    const goOn = (): Promise<Onward> => Promise.resolve('go-on');
    switch (moment) {
      case 'reading': {
        const put = await storeProxy.at('after-relay', goOn, ofStream);
        await delay(100 + 80 * variant);
        await kill('go-on');
        return `from ${put.partition}/${put.claimedEnd}`;
      }
      case 'before PUT':
        return place(await storeProxy.at('before-forward', () => kill('abandon'), ofStream));
      case 'in PUT':
        return `${onward} ${place(await storeProxy.at('mid-body', () => kill(onward), ofStream))}`;
      case 'after PUT before commit': {
        // Before the consumer has the answer, or with the answer just arrived.
        const stage = variant % 2 === 0 ? 'after-answer' : 'after-relay';
        return `${stage} ${place(await storeProxy.at(stage, () => kill('go-on'), ofStream))}`;
      }
      case 'after commit': {
        const put = await storeProxy.at('after-relay', goOn, ofStream);
        await waitUntil(async () => ((await stream.committed()).get(put.partition) ?? 0) >= put.claimedEnd, {
          what: `committed: ${place(put)}`,
          deadlineMs: 60_000,
        });
        await kill('go-on');
        return place(put);
      }
    }
  }

  async function untilOwned(partitions: number, consumers: readonly Application[]): Promise<void> {
    await waitUntil(
      async () => {
        const lags = consumers.map((consumer) => readMetric(consumer, 'headwater_consumer_lag_records'));
        return (await Promise.all(lags)).every(({ size }) => size === partitions);
      },
      { what: `owned by each of ${consumers.length}: ${partitions} partitions`, deadlineMs: 60_000 },
    );
  }

  function longestStallMs(stream: Stream, since: number): number {
    let longest = 0;
    for (let partition = 0; partition < stream.partitions; partition += 1) {
      let last = since;
      for (const put of platform.storeProxy.puts) {
        if (put.topic !== stream.topic || put.partition !== partition || put.status !== 200) continue;
        longest = Math.max(longest, (put.answeredAt ?? last) - last);
        last = Math.max(last, put.answeredAt ?? last);
      }
    }
    return longest;
  }
});

function place({ partition, start, claimedEnd }: Put): string {
  return `${partition}/${start}-${claimedEnd}`;
}
