import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../../infra/local/kafka-cluster.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import type { Load } from './load.ts';
import { Platform } from './platform.ts';
import { partitionsLedBy, untilInSync } from './replicas.ts';
import type { Stream } from './stream.ts';

const RATE = 200;
const EVENTS = 20_000;
const RESUMED_MS = 10_000;
/** Whoever loses a broker waits for at least about its session of 6 s. */
const SHORTEST_PAUSE_MS = 5_000;

describe('three brokers and ZooKeeper, under load', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ brokers: 3 });
  });
  after(() => platform.stop());

  test('a leader gets SIGTERM, twice over: no event fails after retries, every replica is back in sync within 60 s', async (t) => {
    const { stream, load } = await putUnderLoad(platform, 'leader-terminated');
    for (let round = 1; round <= 2; round += 1) {
      await load.untilAccepted(load.accepted + RATE);
      const broker = await leaderOfMost(stream);
      const partitions = await partitionsLedBy(platform, stream, broker.id);
      const since = performance.now();
      broker.signal('SIGTERM');
      await broker.exited;
      await broker.start();
      const inSyncMs = await untilInSync(platform, stream);
      await load.untilAccepted(load.accepted + RATE);
      const silenceMs = load.longestSilenceMs(since, partitions);
      say(t, `round ${round}: broker ${broker.id}, leader of ${partitions.length}`, { silenceMs, inSyncMs });
    }
    await settle(t, stream, load);
  });

  test('a leader gets SIGKILL, twice over: 2xx resumes within 10 s in each of its partitions, every replica is back in sync within 60 s', async (t) => {
    const { stream, load } = await putUnderLoad(platform, 'leader-killed');
    for (let round = 1; round <= 2; round += 1) {
      await load.untilAccepted(load.accepted + RATE);
      const broker = await leaderOfMost(stream);
      await killUnderLoad(t, `round ${round}`, { platform, broker, stream, load });
    }
    await settle(t, stream, load);
  });

  test('ZooKeeper gets SIGKILL and is back after 10 s: producing never stops, no broker restarts, topics can be made within 90 s', async (t) => {
    const { zooKeeper, brokers } = platform.kafka;
    assert.ok(zooKeeper);
    const { stream, load } = await putUnderLoad(platform, 'zookeeper-killed');
    await load.untilAccepted(RATE);
    const pids = brokers.map(({ pid }) => pid);
    const since = performance.now();
    zooKeeper.signal('SIGKILL');
    await zooKeeper.exited;
    await delay(10_000);
    await zooKeeper.start();
    const back = performance.now();
    await platform.observer.admin.createTopics({ topics: ['after-zookeeper'], partitions: 1, replicas: 3 });
    const topicMadeMs = performance.now() - back;
    await load.untilAccepted(load.accepted + 2 * RATE);
    const silenceMs = load.longestSilenceMs(since, Array(stream.partitions).keys());
    say(t, 'ZooKeeper', { silenceMs, topicMadeMs });
    assert.ok(silenceMs < SHORTEST_PAUSE_MS, `a partition took nothing for ${silenceMs} ms`);
    assert.ok(topicMadeMs < 90_000);
    assert.deepEqual(
      brokers.map(({ pid }) => pid),
      pids,
    );
    await settle(t, stream, load);
  });

  async function leaderOfMost(stream: Stream): Promise<Broker> {
    const { brokers } = platform.kafka;
    const led = await Promise.all(brokers.map(({ id }) => partitionsLedBy(platform, stream, id)));
    const most = Math.max(...led.map(({ length }) => length));
    const broker = brokers.find((_, index) => led[index]?.length === most);
    assert.ok(broker !== undefined && most > 0);
    return broker;
  }
});

describe('three KRaft nodes, under load', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ brokers: 3, metadata: 'kraft' });
  });
  after(() => platform.stop());

  test('the active controller, a broker as well, gets SIGKILL: another leads the quorum, and 2xx resumes within 10 s', async (t) => {
    const { brokers } = platform.kafka;
    const { stream, load } = await putUnderLoad(platform, 'controller-killed');
    await load.untilAccepted(RATE);
    const id = await platform.observer.quorumLeader(brokers[0]?.endpoint ?? '');
    const controller = brokers.find((broker) => broker.id === id);
    assert.ok(controller, `no broker has the id of the quorum's leader, ${id}`);
    await killUnderLoad(t, 'the controller', { platform, broker: controller, stream, load });
    const other = brokers.find((broker) => broker !== controller);
    assert.notEqual(await platform.observer.quorumLeader(other?.endpoint ?? ''), id);
    await settle(t, stream, load);
  });
});

async function putUnderLoad(platform: Platform, name: string): Promise<{ stream: Stream; load: Load }> {
  const stream = await platform.stream(name);
  const { endpoint } = await stream.startProducer();
  await stream.startConsumer();
  return { stream, load: stream.load({ endpoint, events: EVENTS, ratePerSecond: RATE, retries: 5 }) };
}

/** Kills a broker, waits for 2xx in the partitions it led, brings it back and waits until it is in sync. */
async function killUnderLoad(
  t: TestContext,
  what: string,
  parts: {
    readonly platform: Platform;
    readonly broker: Broker;
    readonly stream: Stream;
    readonly load: Load;
  },
): Promise<void> {
  const { platform, broker, stream, load } = parts;
  const partitions = await partitionsLedBy(platform, stream, broker.id);
  const since = performance.now();
  broker.signal('SIGKILL');
  await broker.exited;
  await waitUntil(() => load.longestSilenceMs(since, partitions) < Infinity, {
    what: `accepting again: the partitions ${partitions.join(', ')}`,
    deadlineMs: 60_000,
  });
  await broker.start();
  const inSyncMs = await untilInSync(platform, stream);
  await load.untilAccepted(load.accepted + RATE);
  const silenceMs = load.longestSilenceMs(since, partitions);
  say(t, `${what}: broker ${broker.id}, leader of ${partitions.length}`, { silenceMs, inSyncMs });
  assert.ok(silenceMs <= RESUMED_MS, `no 2xx for ${silenceMs} ms`);
}

async function settle(t: TestContext, stream: Stream, load: Load): Promise<void> {
  await load.stop();
  t.diagnostic(`answers: ${JSON.stringify(load.answers)}`);
  assert.equal(load.failed, 0);
  await stream.drained(60_000);
  await stream.verify(t);
}

function say(t: TestContext, what: string, values: Readonly<Record<string, number>>): void {
  const text = Object.entries(values).map(([name, value]) => `${name} ${Math.round(value)}`);
  t.diagnostic(`${what}: ${text.join(', ')}`);
}
