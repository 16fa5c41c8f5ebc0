import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../../infra/local/kafka-cluster.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { Platform } from './faults/platform.ts';
import type { Stream } from './faults/stream.ts';

const RATE = 200;

describe('three brokers and ZooKeeper, under load', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ brokers: 3 });
  });
  after(() => platform.stop());

  test('a leader that gets SIGTERM, twice over: no event fails after retries, every replica is back in sync within 60 s', async (t) => {
    const stream = await platform.stream('leader-terminated');
    const producer = await stream.startProducer();
    await stream.startConsumer();
    const load = stream.load({
      endpoint: producer.endpoint,
      events: 20_000,
      ratePerSecond: RATE,
      retries: 5,
    });
    for (let round = 1; round <= 2; round += 1) {
      await load.untilAccepted(load.accepted + RATE);
      const { broker, partitions } = await leaderOfMost(stream);
      const since = performance.now();
      broker.signal('SIGTERM');
      const { code, signal } = await broker.exited;
      assert.ok(code === 143 || signal === 'SIGTERM', `broker exited with ${code ?? signal ?? 'nothing'}`);
      await broker.start();
      const inSyncMs = await untilInSync(stream, performance.now());
      await load.untilAccepted(load.accepted + RATE);
      const silence = load.longestSilenceMs(since, partitions);
      figures(t, `round ${round}: broker ${broker.id}`, { partitions: partitions.length, silence, inSyncMs });
    }
    await load.stop();
    t.diagnostic(`answers: ${JSON.stringify(load.answers)}`);
    assert.equal(load.failed, 0);
    await stream.drained(60_000);
    await stream.verify(t);
  });

  test('a leader that gets SIGKILL, twice over: 2xx resumes within 10 s in each of its partitions, every replica is back in sync within 60 s', async (t) => {
    const stream = await platform.stream('leader-killed');
    const producer = await stream.startProducer();
    await stream.startConsumer();
    const load = stream.load({
      endpoint: producer.endpoint,
      events: 20_000,
      ratePerSecond: RATE,
      retries: 5,
    });
    for (let round = 1; round <= 2; round += 1) {
      await load.untilAccepted(load.accepted + RATE);
      const { broker, partitions } = await leaderOfMost(stream);
      const since = performance.now();
      broker.signal('SIGKILL');
      await broker.exited;
      await waitUntil(() => load.longestSilenceMs(since, partitions) < Infinity, {
        what: `accepting again in each of the partitions ${partitions.join()}`,
        deadlineMs: 30_000,
      });
      await broker.start();
      const inSyncMs = await untilInSync(stream, performance.now());
      await load.untilAccepted(load.accepted + RATE);
      const silence = load.longestSilenceMs(since, partitions);
      figures(t, `round ${round}: broker ${broker.id}`, { partitions: partitions.length, silence, inSyncMs });
      assert.ok(silence <= 10_000, `no 2xx for ${silence} ms`);
    }
    await load.stop();
    t.diagnostic(`answers: ${JSON.stringify(load.answers)}`);
    assert.equal(load.failed, 0);
    await stream.drained(60_000);
    await stream.verify(t);
  });

  test('ZooKeeper gets SIGKILL and is back after 10 s: producing never stops, no broker restarts, topics can be made again within 90 s', async (t) => {
    const { zooKeeper, brokers } = platform.kafka;
    assert.ok(zooKeeper);
    const stream = await platform.stream('zookeeper-killed');
    const producer = await stream.startProducer();
    await stream.startConsumer();
    const load = stream.load({ endpoint: producer.endpoint, events: 20_000, ratePerSecond: RATE });
    await load.untilAccepted(RATE);
    const pids = brokers.map(({ pid }) => pid);
    const since = performance.now();
    zooKeeper.signal('SIGKILL');
    await zooKeeper.exited;
    await delay(10_000);
    await zooKeeper.start();
    const back = performance.now();
    await platform.observer.admin.createTopics({ topics: ['after-zookeeper'], partitions: 1, replicas: 3 });
    const metadataMs = performance.now() - back;
    await load.untilAccepted(load.accepted + 2 * RATE);
    await load.stop();
    const silence = load.longestSilenceMs(
      since,
      Array.from({ length: stream.partitions }, (_, index) => index),
    );
    figures(t, 'ZooKeeper', { silence, metadataMs });
    assert.equal(load.failed, 0);
    assert.ok(silence < 2_000, `a partition took nothing for ${silence} ms`);
    assert.ok(metadataMs < 90_000);
    assert.deepEqual(
      brokers.map(({ pid }) => pid),
      pids,
    );
    await stream.drained(60_000);
    await stream.verify(t);
  });

  async function leaderOfMost(stream: Stream): Promise<{ broker: Broker; partitions: number[] }> {
    const states = await platform.observer.partitions(stream.topic);
    const led = platform.kafka.brokers.map((broker) => ({
      broker,
      partitions: states.filter(({ leader }) => leader === broker.id).map(({ partition }) => partition),
    }));
    const [most] = led.sort((a, b) => b.partitions.length - a.partitions.length);
    assert.ok(most !== undefined && most.partitions.length > 0);
    return most;
  }

  async function untilInSync(stream: Stream, since: number): Promise<number> {
    await waitUntil(
      async () => {
        const states = await platform.observer.partitions(stream.topic);
        return states.every(({ inSyncReplicas }) => inSyncReplicas.length === 3);
      },
      { what: 'in sync: every replica', deadlineMs: 60_000, everyMs: 200 },
    );
    return performance.now() - since;
  }
});

function figures(t: TestContext, what: string, values: Readonly<Record<string, number>>): void {
  const text = Object.entries(values).map(([name, value]) => `${name} ${Math.round(value)}`);
  t.diagnostic(`${what}: ${text.join(', ')}`);
}
