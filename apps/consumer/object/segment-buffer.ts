import type { Content } from './content.ts';
import type { Gap, SegmentSummary, RecordPosition } from './segment.ts';

/** Limits at which a segment is closed. */
export interface FlushLimits {
  readonly maxRecords: number;
  /** Of lines, before compression. */
  readonly maxBytes: number;
  /** Since the segment was opened. */
  readonly maxAgeMs: number;
  /** Offsets from start to end, a recorded gap aside. */
  readonly maxSpan: number;
}

export const flushReasons = ['records', 'bytes', 'age', 'span', 'memory', 'gap', 'stop'] as const;

export type FlushReason = (typeof flushReasons)[number];

/** Records of consecutive offsets, as lines of an object. */
export interface Lines extends LineBytes {
  /** At least 1. */
  readonly count: number;
  readonly first: RecordPosition;
  readonly last: RecordPosition;
}

export interface LineBytes {
  readonly length: number;
  /** In order; a piece may use the memory of the one before. */
  readonly pieces: Iterable<Buffer>;
}

/** What a segment can take before it is due. */
export interface Room {
  readonly records: number;
  readonly bytes: number;
  /** Exclusive upper bound of the offsets. */
  readonly end: number;
}

/** An open segment: consecutive offsets of one partition from `start` on. */
export class SegmentBuffer implements SegmentSummary {
  readonly start: number;
  readonly gap: Gap | undefined;
  readonly openedAt: number;
  readonly content: Content;
  #end: number;
  #count = 0;
  #bytes = 0;
  #first: RecordPosition | undefined;
  #last: RecordPosition | undefined;
  #leaderEpoch: number;

  /**
   * @param leaderEpoch of the last batch before `start`
   * @param openedAt milliseconds since the epoch
   */
  constructor(start: number, gap: Gap | undefined, leaderEpoch: number, content: Content, openedAt: number) {
    this.start = start;
    this.gap = gap;
    this.#end = gap?.to ?? start;
    this.#leaderEpoch = leaderEpoch;
    this.content = content;
    this.openedAt = openedAt;
  }

  get end(): number {
    return this.#end;
  }

  get count(): number {
    return this.#count;
  }

  get first(): RecordPosition | undefined {
    return this.#first;
  }

  get last(): RecordPosition | undefined {
    return this.#last;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  /** The highest end that the span allows. */
  maxEnd(maxSpan: number): number {
    return (this.gap?.to ?? this.start) + maxSpan;
  }

  /** Whether it holds only its gap, which may then still grow. */
  get isBareGap(): boolean {
    return this.gap !== undefined && this.#end === this.gap.to;
  }

  /** @returns a promise if the caller should wait before it appends more */
  append({ count, first, last, length, pieces }: Lines, leaderEpoch: number): Promise<void> | undefined {
    this.advance(last.offset + 1, leaderEpoch);
    this.#count += count;
    this.#bytes += length;
    this.#first ??= first;
    this.#last = last;
    let behind: Promise<void> | undefined;
    for (const piece of pieces) behind = this.content.write(piece);
    return behind;
  }

  /** Moves the end over offsets without records: control records, or records that compaction has removed. */
  advance(end: number, leaderEpoch: number): void {
    this.#end = end;
    this.#leaderEpoch = leaderEpoch;
  }

  room({ maxRecords, maxBytes, maxSpan }: FlushLimits): Room {
    return { records: maxRecords - this.#count, bytes: maxBytes - this.#bytes, end: this.maxEnd(maxSpan) };
  }

  /** Whether a line still fits; the first always does. */
  fits(lineBytes: number, { maxBytes }: FlushLimits): boolean {
    return this.#count === 0 || this.#bytes + lineBytes <= maxBytes;
  }

  /** The limit that is reached, except age. */
  due({ maxRecords, maxBytes, maxSpan }: FlushLimits): FlushReason | undefined {
    if (this.#count >= maxRecords) return 'records';
    if (this.#bytes >= maxBytes) return 'bytes';
    if (this.#end >= this.maxEnd(maxSpan)) return 'span';
    return undefined;
  }
}
