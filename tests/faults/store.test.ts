import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Application } from '../../infra/local/application.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import type { Load } from './load.ts';
import { readMetric } from './metric.ts';
import { Platform } from './platform.ts';
import type { StoreFault } from './store-proxy.ts';
import type { Stream } from './stream.ts';

const FAULTS: readonly { readonly title: string; readonly fault: StoreFault }[] = [
  { title: '429', fault: { kind: 'status', status: 429 } },
  { title: '500', fault: { kind: 'status', status: 500 } },
  { title: '503', fault: { kind: 'status', status: 503 } },
  { title: 'a connection reset', fault: { kind: 'reset' } },
  { title: 'a lost answer', fault: { kind: 'lost-answer' } },
  { title: 'a half-written answer', fault: { kind: 'half-answer' } },
  { title: 'no answer at all', fault: { kind: 'hang' } },
];
const FAULTY_PARTITIONS = FAULTS.length;
/** The consumer gives an attempt 30 s, and the next one twice as long. */
const TWO_HANGS_MS = 90_000;
const OUTAGE_MS = 60_000;

describe('a store with faults', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ brokers: 1 });
  });
  after(() => platform.stop());

  describe('in the PUTs of one partition each, all at once', () => {
    let stream: Stream;
    let consumer: Application;
    let load: Load;
    let pid: number | undefined;
    let rebalances: ReadonlyMap<string, number>;

    before(async () => {
      stream = await platform.stream('store-faults', { partitions: FAULTY_PARTITIONS });
      const producer = await stream.startProducer();
      consumer = await stream.startConsumer();
      pid = consumer.pid;
      rebalances = await readMetric(consumer, 'headwater_consumer_rebalances_total');
      for (const [partition, { fault }] of FAULTS.entries()) {
        let first: string | undefined;
        platform.storeProxy.inject(fault, 2, (put) => {
          if (put.topic !== stream.topic || put.partition !== partition) return false;
          first ??= put.key;
          return put.key === first;
        });
      }
      load = stream.load({ endpoint: producer.endpoint, events: 3_000, ratePerSecond: 200 });
      await load.done;
    });

    for (const [partition, { title, fault }] of FAULTS.entries()) {
      test(`${title}, twice and then well: the partition arrives whole`, async (t) => {
        const begun = performance.now();
        await stream.partitionDrained(partition, TWO_HANGS_MS + 30_000);
        const puts = platform.storeProxy.puts.filter(
          (put) => put.topic === stream.topic && put.partition === partition,
        );
        const attempts = puts.filter(({ key }) => key === puts[0]?.key);
        t.diagnostic(
          `attempts at the first object: ${attempts.map((put) => `${put.fault ?? 'well'} ${put.status ?? '-'}`).join(', ')}; ` +
            `waited ${Math.round(performance.now() - begun)} ms`,
        );
        assert.deepEqual(
          attempts.slice(0, 3).map((put) => put.fault),
          [fault.kind, fault.kind, undefined],
        );
      });
    }

    test('and nothing is lost or stored twice, nothing is committed early, and no member is lost to the group', async (t) => {
      assert.equal(load.failed, 0);
      await stream.drained(10_000);
      await stream.verify(t);
      assert.equal(consumer.pid, pid);
      assert.deepEqual(await readMetric(consumer, 'headwater_consumer_rebalances_total'), rebalances);
    });
  });

  test(`a store that is down for ${OUTAGE_MS / 1_000} s: the consumer waits, nothing is committed, and the lag drains within as long`, async (t) => {
    const stream = await platform.stream('store-down', { partitions: 2 });
    const producer = await stream.startProducer();
    const consumer = await stream.startConsumer();
    const { pid } = consumer;
    const load = stream.load({ endpoint: producer.endpoint, events: 20_000, ratePerSecond: 100 });
    await load.untilAccepted(300);
    await waitUntil(async () => (await stream.committed()).size === 2, {
      what: 'committed in both partitions',
      deadlineMs: 60_000,
    });
    platform.store.signal('SIGKILL');
    await platform.store.exited;
    await delay(1_000);
    const committed = await stream.committed();
    await delay(OUTAGE_MS - 1_000);
    const lag = await stream.lag();
    assert.deepEqual(await stream.committed(), committed);
    await platform.store.start();
    await load.stop();
    const drainedMs = await stream.drained(OUTAGE_MS);
    t.diagnostic(`lag ${lag} at the end of the outage, drained in ${Math.round(drainedMs)} ms`);
    assert.ok(lag >= 5_000, `the lag grew to ${lag} only`);
    assert.equal(load.failed, 0);
    assert.equal(consumer.pid, pid);
    await stream.verify(t);
    await consumer.ready();
  });
});
