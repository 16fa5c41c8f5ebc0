import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { addConsumerGauges, consumerMetrics } from '../../../apps/consumer/metrics.ts';

const PAGE = new URL('../../../docs/objects.md', import.meta.url);

test('counters of a partition begin at 0 when it is opened, so that a first loss is an increase', async () => {
  const registry = new Registry();
  const metrics = consumerMetrics(registry);
  metrics.opened(3);
  const lines = async () => (await registry.metrics()).split('\n');
  for (const name of ['gaps', 'gap_offsets']) {
    assert.ok((await lines()).includes(`headwater_consumer_${name}_total{partition="3"} 0`));
  }
  metrics.gap(3, { from: 5, to: 9 });
  metrics.opened(3);
  assert.ok((await lines()).includes('headwater_consumer_gap_offsets_total{partition="3"} 4'));
});

test('counters by reason and by problem begin at 0 with the program', async () => {
  const registry = new Registry();
  consumerMetrics(registry);
  const text = await registry.metrics();
  assert.match(text, /headwater_consumer_flushes_total\{reason="memory"\} 0/);
  assert.match(text, /headwater_consumer_store_retries_total\{problem="access-denied"\} 0/);
});

test('the age of the first unstored record and the stop are there for what is assigned, opened or not', async () => {
  const registry = new Registry();
  const consumption = {
    assigned: [0, 1],
    partitions: new Map([[0, { stopped: new Error('stopped'), storedEnd: 7 }]]),
    rebalances: 0,
    lag: () => undefined,
    oldestUnstoredMs: (partition: number) => partition * 1500,
    now: () => 10_000,
  };
  addConsumerGauges(registry, { consumption: consumption as never, pools: {} as never });
  const lines = (await registry.metrics()).split('\n').filter((line) => line.includes('partition='));
  assert.deepEqual(lines, [
    'headwater_consumer_oldest_unstored_seconds{partition="0"} 0',
    'headwater_consumer_oldest_unstored_seconds{partition="1"} 1.5',
    'headwater_consumer_oldest_unstored_timestamp_seconds{partition="0"} 10',
    'headwater_consumer_oldest_unstored_timestamp_seconds{partition="1"} 8.5',
    'headwater_consumer_stored_offset{partition="0"} 7',
    'headwater_consumer_partition_stopped{partition="0"} 1',
    'headwater_consumer_partition_stopped{partition="1"} 0',
  ]);
});

test('every metric has a row in the page, and every row is a metric', () => {
  const registry = new Registry();
  consumerMetrics(registry);
  addConsumerGauges(registry, { consumption: {} as never, pools: {} as never });
  const rows = readFileSync(PAGE, 'utf8').matchAll(/^\| `(headwater_consumer_\w+)`/gm);
  assert.deepEqual(
    [...rows].map(([, name]) => name).toSorted(),
    registry
      .getMetricsAsArray()
      .map(({ name }) => name)
      .toSorted(),
  );
});
