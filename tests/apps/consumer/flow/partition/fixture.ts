import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { BufferPool } from '../../../../../apps/service/memory/buffer-pool.ts';
import { LineEncoder } from '../../../../../apps/consumer/object/line-encoder.ts';
import {
  segmentMetadata,
  SegmentKeys,
  chainPrefix,
  type Gap,
} from '../../../../../apps/consumer/object/segment.ts';
import type { FetchedLog } from '../../../../../apps/consumer/flow/log-reader.ts';
import type { FetchPosition } from '../../../../../apps/consumer/flow/read-ahead.ts';
import { MemoryAccount } from '../../../../../apps/service/memory/memory-account.ts';
import { Partition, type PartitionOptions } from '../../../../../apps/consumer/flow/partition.ts';
import { printDecision, decisionKey, type Decision } from '../../../../../apps/consumer/chain/decisions.ts';
import type { SegmentObject } from '../../../../../apps/consumer/store/store.ts';
import { createLog } from '../../../../../apps/service/log.ts';
import { waitUntil } from '../../../../../infra/local/wait.ts';
import { batch, CHAIN, StandInSource, StandInStore, type BatchOutline } from '../../stand-ins.ts';

export const KEYS = new SegmentKeys(chainPrefix('p', CHAIN), 'none', 'exactly-once');

interface Fixture {
  readonly store: StandInStore;
  readonly source: StandInSource;
  readonly partition: Partition;
  readonly buffers: MemoryAccount;
  readonly gaps: Gap[];
  readonly adopted: () => number;
  /** Gives it what a fetch from its position would bring. */
  readonly feed: (...batches: readonly BatchOutline[]) => Promise<void>;
  /** Where it wants to be fetched from. */
  readonly fetchOffset: () => Promise<number>;
  /** The same, which must be known now. */
  readonly from: () => FetchPosition;
  /** Gives it the response to a fetch from its position. */
  readonly accept: (fetched: FetchedLog) => Promise<void>;
  readonly outOfRange: () => Promise<void>;
  readonly diverged: (end: number) => Promise<void>;
  readonly until: (condition: () => boolean) => Promise<void>;
}

interface FixtureOptions extends Partial<
  Pick<PartitionOptions, 'continued' | 'delivery' | 'prefix' | 'codec'>
> {
  readonly store?: StandInStore;
  readonly committed?: number;
  readonly limits?: Partial<PartitionOptions['limits']>;
  readonly memory?: number;
}

export function partitionFixture(t: TestContext, options: FixtureOptions = {}): Fixture {
  const { store = new StandInStore(), limits = {}, memory = 1024 * 1024 } = options;
  const source = new StandInSource();
  source.committedOffset = options.committed;
  const buffers = new MemoryAccount({ bytes: memory }, () => partition.flushForMemory());
  const gaps: Gap[] = [];
  let adopted = 0;
  const partition = new Partition({
    chain: CHAIN,
    store,
    source,
    prefix: options.prefix ?? 'p',
    codec: options.codec ?? 'none',
    delivery: options.delivery ?? 'exactly-once',
    continued: options.continued,
    limits: { maxRecords: 10, maxBytes: 1_000_000, maxAgeMs: 3_600_000, maxSpan: 100, ...limits },
    memory: { pool: buffers, buffers: new BufferPool({ maxBytes: 1_000_000 }) },
    encoder: new LineEncoder(),
    maxRecordBytes: 1_000_000,
    writer: 'me',
    observer: {
      flushed: () => undefined,
      stored: () => undefined,
      adopted: () => (adopted += 1),
      gap: (_partition, gap) => gaps.push(gap),
      changed: () => undefined,
    },
    log: createLog('test', 'silent'),
    now: () => Date.now(),
    recheckMs: 20,
  });
  const running = partition.run();
  t.after(async () => {
    await partition.close(false);
    await running;
  });
  const until = (condition: () => boolean): Promise<void> =>
    waitUntil(condition, { what: 'as the test asks', deadlineMs: 60_000, everyMs: 1 }).then(() => undefined);
  const from = (): FetchPosition => {
    assert.ok(partition.fetchPosition);
    return partition.fetchPosition;
  };
  return {
    store,
    source,
    partition,
    buffers,
    gaps,
    adopted: () => adopted,
    until,
    feed: async (...batches) => {
      await until(() => partition.fetchPosition !== undefined);
      await partition.accept(from(), fetched(...batches));
    },
    fetchOffset: async () => {
      await until(() => partition.fetchPosition !== undefined);
      return from().offset;
    },
    from,
    accept: (log) => partition.accept(from(), log),
    outOfRange: () => partition.outOfRange(from()),
    diverged: (end) => partition.diverged(from(), end),
  };
}

/** What a fetch brings. */
export function fetched(...batches: readonly BatchOutline[]): FetchedLog {
  return { log: Buffer.concat(batches.map(batch)), aborted: [] };
}

/** A segment of another writer, with one record an offset. */
export function foreignSegment(
  start: number,
  end: number,
  metadata: Readonly<Record<string, string>> = {},
): SegmentObject {
  const summary = {
    start,
    end,
    count: end - start,
    first: undefined,
    last: undefined,
    gap: undefined,
    leaderEpoch: 0,
  };
  const lines = Array.from({ length: end - start }, (_, index) => `{"offset":${start + index}}\n`);
  return {
    key: KEYS.key(start, end, 'other'),
    start,
    body: [Buffer.from(lines.join(''))],
    metadata: { ...segmentMetadata(summary, 'other'), ...metadata },
    contentType: '',
  };
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

export function decide(store: StandInStore, content: Decision): void {
  store.files.set(decisionKey('p', CHAIN, content.at), printDecision(content));
}
