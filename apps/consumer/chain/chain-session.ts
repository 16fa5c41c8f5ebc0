import type { LogPosition } from '../../kafka/log-position.ts';
import type { BatchRecords } from '../../kafka/records/batch-records.ts';
import type { KafkaRecord } from '../../kafka/records/records.ts';
import {
  SegmentBuffer,
  type FlushLimits,
  type FlushReason,
  type LineBytes,
  type Lines,
} from '../object/segment-buffer.ts';
import { Content, type ContentMemory } from '../object/content.ts';
import type { LineEncoder } from '../object/line-encoder.ts';
import type { Codec, Gap } from '../object/segment.ts';
import { encodePlain } from '../object/plain-lines.ts';

export interface ChainSessionOptions {
  readonly codec: Codec;
  readonly limits: FlushLimits;
  readonly memory: ContentMemory;
  /** May be shared by partitions: a line is copied before anything else can run. */
  readonly encoder: LineEncoder;
  /** Milliseconds since the epoch, as in records. */
  readonly now: () => number;
  /** Resolves when no segment is being stored. */
  readonly settled: () => Promise<void>;
  /** Stores a closed segment; called when none is being stored. */
  readonly store: (segment: SegmentBuffer, reason: FlushReason) => void;
}

/**
 * Fills segments from one position of a chain on, until the position jumps: then this session ends and another one begins.
 * The position and the open segment belong to the session, so work of an ended session cannot reach those of the next one.
 * An ended session has no open segment and opens none; every call that would need one throws the reason of {@link signal}.
 */
export class ChainSession {
  readonly #options: ChainSessionOptions;
  readonly #ended = new AbortController();
  #position: LogPosition;
  #open: SegmentBuffer | undefined;
  #ageTimer: NodeJS.Timeout | undefined;

  constructor(position: LogPosition, options: ChainSessionOptions) {
    this.#position = position;
    this.#options = options;
  }

  /** Aborted when the session ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Where reading goes on. */
  get position(): LogPosition {
    return this.#position;
  }

  /** The segment that is being filled. */
  get open(): SegmentBuffer | undefined {
    return this.#open;
  }

  /** Ends the session and drops the open segment. */
  end(): void {
    this.#ended.abort(new DOMException('the position of the chain has jumped', 'AbortError'));
    clearTimeout(this.#ageTimer);
    this.#open?.content.discard(true);
    this.#open = undefined;
  }

  flush(reason: FlushReason): void {
    if (this.#open !== undefined) void this.#seal(this.#open, reason);
  }

  /** Closes the open segment and waits until everything read is stored. Rejects if the session ends. */
  async flushed(reason: FlushReason): Promise<void> {
    if (this.#open !== undefined) await this.#seal(this.#open, reason);
    await this.#options.settled();
    this.signal.throwIfAborted();
  }

  /**
   * Takes the next records of a batch: as many plain ones as fit into the open segment, or one of any kind. Skips records
   * that the chain has already.
   *
   * @param records at least one must be left
   * @returns a promise if the caller must wait: for the compressor, or for the upload before
   */
  append(records: BatchRecords, leaderEpoch: number): Promise<void> | undefined {
    const { encoder, limits } = this.#options;
    const segment = this.#open;
    const lines = segment && encodePlain(records, this.#position.offset, segment.room(limits));
    if (lines !== undefined) return this.#add(segment as SegmentBuffer, lines, leaderEpoch);
    const record = records.next();
    if (record.offset < this.#position.offset) return undefined;
    if (segment !== undefined && this.#position.offset === record.offset) {
      const line = encoder.encode(record);
      if (segment.fits(line.length, limits)) return this.#add(segment, oneLine(record, line), leaderEpoch);
    }
    return this.#appendToNext(record, leaderEpoch);
  }

  /** Opens a segment for the record if it does not fit into the open one. */
  async #appendToNext(record: KafkaRecord, leaderEpoch: number): Promise<void> {
    const { encoder, limits } = this.#options;
    if (this.#position.offset < record.offset) await this.pass(record.offset, leaderEpoch);
    let line = encoder.encode(record);
    if (this.#open?.fits(line.length, limits) === false) {
      await this.#seal(this.#open, 'bytes');
      line = encoder.encode(record);
    }
    await this.#add(this.#open ?? this.#openSegment(), oneLine(record, line), leaderEpoch);
  }

  #add(segment: SegmentBuffer, lines: Lines, leaderEpoch: number): Promise<void> | undefined {
    const behind = segment.append(lines, leaderEpoch);
    this.#position = { offset: lines.last.offset + 1, leaderEpoch };
    if (behind !== undefined) return behind.then(() => this.#sealIfDue(segment));
    return this.#sealIfDue(segment);
  }

  /** Moves the position over offsets without records, in segments of at most `maxSpan`. */
  async pass(to: number, leaderEpoch: number): Promise<void> {
    while (this.#position.offset < to) {
      const segment = this.#open ?? this.#openSegment();
      const end = Math.min(to, segment.maxEnd(this.#options.limits.maxSpan));
      segment.advance(end, leaderEpoch);
      this.#position = { offset: end, leaderEpoch };
      const sealed = this.#sealIfDue(segment);
      if (sealed !== undefined) await sealed;
    }
  }

  /** Skips offsets that cannot be read: they become the gap at the start of a segment. */
  async skip(to: LogPosition): Promise<Gap> {
    if (this.#open?.isBareGap === false) await this.#seal(this.#open, 'gap');
    const gap = { from: this.#position.offset, to: to.offset };
    const from = this.#open?.gap?.from ?? gap.from;
    this.#open?.content.discard(true);
    this.#position = to;
    this.#openSegment({ from, to: to.offset });
    return gap;
  }

  #openSegment(gap?: Gap): SegmentBuffer {
    this.signal.throwIfAborted();
    const { codec, memory, limits, now } = this.#options;
    const { offset, leaderEpoch } = this.#position;
    const segment = new SegmentBuffer(
      gap?.from ?? offset,
      gap,
      leaderEpoch,
      new Content(codec, memory),
      now(),
    );
    clearTimeout(this.#ageTimer);
    this.#ageTimer = setTimeout(() => void this.#seal(segment, 'age'), limits.maxAgeMs);
    this.#open = segment;
    return segment;
  }

  #sealIfDue(segment: SegmentBuffer): Promise<void> | undefined {
    const reason = segment.due(this.#options.limits);
    return reason === undefined ? undefined : this.#seal(segment, reason);
  }

  /** Closes a segment and uploads it, once the upload before it is over; does nothing if it is no longer open by then. */
  async #seal(segment: SegmentBuffer, reason: FlushReason): Promise<void> {
    await this.#options.settled();
    if (this.#open !== segment) return;
    clearTimeout(this.#ageTimer);
    this.#open = undefined;
    this.#options.store(segment, reason);
  }
}

function oneLine({ offset, timestamp }: KafkaRecord, line: LineBytes): Lines {
  const position = { offset, timestamp };
  return { count: 1, first: position, last: position, ...line };
}
