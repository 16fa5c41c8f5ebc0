import { createRecordsBatch, crc32c } from '@platformatic/kafka';
import type { ChainStore } from '../../../apps/consumer/chain/walk-chain.ts';
import type { SegmentStore } from '../../../apps/consumer/chain/chain-writer.ts';
import type { LogPosition } from '../../../apps/kafka/log-position.ts';
import { readSegmentEnd, type ChainId, type SegmentEnd } from '../../../apps/consumer/object/segment.ts';
import type { LogBounds, PartitionSource } from '../../../apps/consumer/chain/partition-source.ts';
import type { DecisionStore } from '../../../apps/consumer/chain/decisions.ts';
import type { SegmentObject } from '../../../apps/consumer/store/store.ts';

export const CHAIN: ChainId = { topic: 't', topicId: 'UMHnOHZ4RxCQCfi4OjdJ3Q', partition: 0 };

/**
 * Stands in for the store: in memory, and strict about the condition on a write. `gate` lets a test hold a write
 * before it happens.
 */
export class StandInStore implements SegmentStore, ChainStore, DecisionStore {
  readonly objects = new Map<string, SegmentObject>();
  readonly files = new Map<string, Buffer>();
  gate: (segment: SegmentObject) => Promise<void> = () => Promise.resolve();

  async addSegment(segment: SegmentObject, signal: AbortSignal): Promise<SegmentEnd> {
    await this.gate(segment);
    signal.throwIfAborted();
    // The memory of a body is used again once it is stored.
    const stored = this.objects.get(segment.key) ?? { ...segment, body: [Buffer.concat(segment.body)] };
    this.objects.set(segment.key, stored);
    return readSegmentEnd(segment.key, segment.start, stored.metadata);
  }

  addOverlappingSegment(segment: SegmentObject, signal: AbortSignal): Promise<SegmentEnd> {
    return this.addSegment(segment, signal);
  }

  async *list(prefix: string, startAfter: string): AsyncGenerator<string> {
    await Promise.resolve();
    for (const key of [...this.objects.keys()].sort())
      if (key.startsWith(prefix) && key > startAfter) yield key;
  }

  head(key: string): Promise<SegmentObject['metadata'] | undefined> {
    return Promise.resolve(this.objects.get(key)?.metadata);
  }

  get(key: string): Promise<{ readonly body: Buffer } | undefined> {
    const body = this.files.get(key);
    return Promise.resolve(body === undefined ? undefined : { body });
  }

  /** `[start, end, offsets]` of each segment, in order. */
  get segments(): [number, number, number[]][] {
    return [...this.objects.values()]
      .sort((a, b) => a.start - b.start)
      .map(({ start, metadata, body }) => {
        const lines = Buffer.concat(body).toString().split('\n').slice(0, -1);
        return [
          start,
          Number(metadata['end']),
          lines.map((line) => (JSON.parse(line) as { offset: number }).offset),
        ];
      });
  }
}

/** Stands in for Kafka. */
export class StandInSource implements PartitionSource {
  committedOffset: number | undefined;
  logBounds: LogBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 0, leaderEpoch: 0 } };
  readonly commits: LogPosition[] = [];
  /** What the partition's requests carry; aborts when the partition is closed. */
  signal: AbortSignal | undefined;

  committed(_partition: number, signal: AbortSignal): Promise<number | undefined> {
    this.signal = signal;
    return Promise.resolve(this.committedOffset);
  }

  bounds(): Promise<LogBounds> {
    return Promise.resolve(this.logBounds);
  }

  commit(_partition: number, end: LogPosition): void {
    this.commits.push(end);
  }
}

export interface BatchOutline {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** @default every offset of the batch */
  readonly offsets?: readonly number[];
  readonly leaderEpoch?: number;
  readonly isControl?: boolean;
}

/** One batch of a log, as a broker serves it; the value of each record is its offset. */
export function batch({ from, to, offsets, leaderEpoch = 0, isControl = false }: BatchOutline): Buffer {
  const kept = offsets ?? Array.from({ length: to - from }, (_, index) => from + index);
  // Every offset at first: what compaction removes is then cut out of the records.
  const bytes = Buffer.concat(kept.map((offset) => record(offset - from, String(offset))));
  const { buffer } = createRecordsBatch([{ topic: 't', value: Buffer.from('x') }], { compression: 'none' });
  const header = Buffer.from(buffer.subarray(0, 61));
  const log = Buffer.concat([header, bytes]);
  log.writeBigInt64BE(BigInt(from));
  log.writeInt32BE(log.length - 12, 8);
  log.writeInt32BE(leaderEpoch, 12);
  log.writeInt16BE(isControl ? 0x30 : 0, 21);
  log.writeInt32BE(to - from - 1, 23);
  log.writeInt32BE(kept.length, 57);
  log.writeUInt32BE(crc32c(log.subarray(21)), 17);
  return log;
}

/** A record with neither key nor headers. */
function record(offsetDelta: number, value: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(offsetDelta),
    varint(-1),
    varint(value.length),
    Buffer.from(value),
    varint(0),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
