import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { flushReasons } from './object/segment-buffer.ts';
import type { ChainObserver } from './chain/chain-writer.ts';
import type { Consumption } from './flow/consumption.ts';
import type { Gap } from './object/segment.ts';
import type { MemoryAccount } from '../service/memory/memory-account.ts';
import { storeProblems } from './store/errors.ts';
import type { StoreObserver } from './store/store.ts';

const prefix = 'headwater_consumer';

/** The consumer's counters. */
export interface ConsumerMetrics {
  readonly store: StoreObserver;
  readonly chain: ChainObserver;
  /** Sets the counters of a partition to 0: Prometheus sees an increase only of a series that exists. */
  opened(partition: number): void;
  gap(partition: number, gap: Gap): void;
}

export function consumerMetrics(registry: Registry): ConsumerMetrics {
  const registers = [registry];
  const counter = <Label extends string>(
    name: string,
    help: string,
    ...labelNames: Label[]
  ): Counter<Label> => new Counter({ name: `${prefix}_${name}_total`, help, labelNames, registers });
  const objects = counter('objects', 'Objects stored');
  const bytes = counter('object_bytes', 'Bytes of the objects stored, as they are stored');
  const records = counter('records', 'Records stored');
  const flushes = counter('flushes', 'Segments closed, by the limit that was reached', 'reason');
  const conflicts = counter('conflicts', 'Conditional writes refused because the object existed (412)');
  const adopted = counter(
    'adopted_segments',
    'Segments of another writer that stood at a key already and count',
  );
  const retries = counter('store_retries', 'Requests to the store that are retried, by problem', 'problem');
  const gaps = counter('gaps', 'Gaps: ranges of offsets that could not be read', 'partition');
  const gapOffsets = counter('gap_offsets', 'Offsets in gaps', 'partition');
  const objectRecords = new Histogram({
    name: `${prefix}_object_records`,
    help: 'Records in an object',
    buckets: [1, 10, 100, 1000, 10_000, 100_000],
    registers,
  });
  for (const reason of flushReasons) flushes.inc({ reason }, 0);
  for (const problem of storeProblems) retries.inc({ problem }, 0);
  return {
    store: {
      retried: (problem) => retries.inc({ problem }),
      conflicted: () => conflicts.inc(),
    },
    chain: {
      flushed: (reason) => flushes.inc({ reason }),
      stored: (count, size) => {
        objects.inc();
        records.inc(count);
        bytes.inc(size);
        objectRecords.observe(count);
      },
      adopted: () => adopted.inc(),
    },
    opened: (partition) => {
      gaps.inc({ partition }, 0);
      gapOffsets.inc({ partition }, 0);
    },
    gap: (partition, { from, to }) => {
      gaps.inc({ partition });
      gapOffsets.inc({ partition }, to - from);
    },
  };
}

export interface Gauged {
  readonly consumption: Consumption;
  readonly pools: Readonly<Record<'fetched' | 'buffered', MemoryAccount>>;
}

/** Adds the metrics that are read at each scrape. */
export function addConsumerGauges(registry: Registry, { consumption, pools }: Gauged): void {
  const partitions = <Value>(read: (partition: number) => Value | undefined): [number, Value][] =>
    consumption.assigned.flatMap((partition) => {
      const value = read(partition);
      return value === undefined ? [] : [[partition, value]];
    });
  const byPartition = (name: string, help: string, read: (partition: number) => number | undefined): void => {
    new Gauge({
      name: `${prefix}_${name}`,
      help,
      labelNames: ['partition'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [partition, value] of partitions(read)) this.set({ partition }, value);
      },
    });
  };
  byPartition('lag_records', 'Offsets of the log that are not stored yet', (partition) =>
    consumption.lag(partition),
  );
  byPartition(
    'oldest_unstored_seconds',
    'Age of the first record of the log that is not stored, by its own timestamp; near 0 if there is none',
    (partition) => {
      const age = consumption.oldestUnstoredMs(partition);
      return age === undefined ? undefined : age / 1000;
    },
  );
  byPartition(
    'oldest_unstored_timestamp_seconds',
    'The same as a time, in seconds since the epoch: Prometheus still knows it when no consumer runs',
    (partition) => {
      const age = consumption.oldestUnstoredMs(partition);
      return age === undefined ? undefined : (consumption.now() - age) / 1000;
    },
  );
  byPartition(
    'stored_offset',
    'End of the chain: the offset after the last one that is stored',
    (partition) => consumption.partitions.get(partition)?.storedEnd,
  );
  byPartition(
    'partition_stopped',
    '1 while the partition is stopped until an operator resumes it',
    (partition) => (consumption.partitions.get(partition)?.stopped === undefined ? 0 : 1),
  );
  new Gauge({
    name: `${prefix}_memory_bytes`,
    help: 'Bytes of fetched and of buffered records in memory, by pool',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      for (const [pool, { bytes }] of Object.entries(pools)) this.set({ pool }, bytes);
    },
  });
  new Counter({
    name: `${prefix}_rebalances_total`,
    help: 'Rebalances of the group while this consumer was a member',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(consumption.rebalances);
    },
  });
}
