import type { LogPosition } from '../../kafka/log-position.ts';
import type { BatchRecords } from '../../kafka/records/batch-records.ts';
import type { KafkaRecord } from '../../kafka/records/records.ts';
import {
  LinkBuffer,
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
  /** May be shared: nothing waits between a line and its copy. */
  readonly encoder: LineEncoder;
  /** Milliseconds since the epoch, as in records. */
  readonly now: () => number;
  /** Resolves when no link is being stored. */
  readonly settled: () => Promise<void>;
  /** Stores a closed link; called when none is being stored. */
  readonly store: (link: LinkBuffer, reason: FlushReason) => void;
}

/**
 * Fills links from one position of a chain on, until the position jumps: then this session ends and another one begins.
 * The position and the open link belong to the session, so work of an ended session cannot reach those of the next one.
 * An ended session has no open link and opens none; every call that would need one throws the reason of {@link signal}.
 */
export class ChainSession {
  readonly #options: ChainSessionOptions;
  readonly #ended = new AbortController();
  #position: LogPosition;
  #open: LinkBuffer | undefined;
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

  /** The link that is being filled. */
  get open(): LinkBuffer | undefined {
    return this.#open;
  }

  /** Drops what is not being stored. */
  end(): void {
    this.#ended.abort(new DOMException('the position of the chain has jumped', 'AbortError'));
    clearTimeout(this.#ageTimer);
    this.#open?.content.discard(true);
    this.#open = undefined;
  }

  flush(reason: FlushReason): void {
    if (this.#open !== undefined) void this.#seal(this.#open, reason);
  }

  /** Waits until all that was read is stored. Rejects where the session ends. */
  async flushed(reason: FlushReason): Promise<void> {
    if (this.#open !== undefined) await this.#seal(this.#open, reason);
    await this.#options.settled();
    this.signal.throwIfAborted();
  }

  /**
   * Takes what stands next in a batch of which something is left: as many plain records as fit into the open link, or
   * one record of any kind. What the chain has already is passed over.
   *
   * @returns a promise where the caller must wait: that is the speed at which links are stored
   */
  append(records: BatchRecords, leaderEpoch: number): Promise<void> | undefined {
    const { encoder, limits } = this.#options;
    const link = this.#open;
    const lines = link && encodePlain(records, this.#position.offset, link.room(limits));
    if (lines !== undefined) return this.#add(link as LinkBuffer, lines, leaderEpoch);
    const record = records.next();
    if (record.offset < this.#position.offset) return undefined;
    if (link !== undefined && this.#position.offset === record.offset) {
      const line = encoder.encode(record);
      if (link.fits(line.length, limits)) return this.#add(link, oneLine(record, line), leaderEpoch);
    }
    return this.#appendToNext(record, leaderEpoch);
  }

  /** Makes the link first into which the record fits. */
  async #appendToNext(record: KafkaRecord, leaderEpoch: number): Promise<void> {
    const { encoder, limits } = this.#options;
    if (this.#position.offset < record.offset) await this.pass(record.offset, leaderEpoch);
    let line = encoder.encode(record);
    if (this.#open?.fits(line.length, limits) === false) {
      await this.#seal(this.#open, 'bytes');
      line = encoder.encode(record);
    }
    await this.#add(this.#open ?? this.#openLink(), oneLine(record, line), leaderEpoch);
  }

  #add(link: LinkBuffer, lines: Lines, leaderEpoch: number): Promise<void> | undefined {
    const behind = link.append(lines, leaderEpoch);
    this.#position = { offset: lines.last.offset + 1, leaderEpoch };
    if (behind !== undefined) return behind.then(() => this.#sealIfDue(link));
    return this.#sealIfDue(link);
  }

  /** Moves on over offsets that hold no record, in links that span no more than they may. */
  async pass(to: number, leaderEpoch: number): Promise<void> {
    while (this.#position.offset < to) {
      const link = this.#open ?? this.#openLink();
      const end = Math.min(to, link.maxEnd(this.#options.limits.maxSpan));
      link.advance(end, leaderEpoch);
      this.#position = { offset: end, leaderEpoch };
      const sealed = this.#sealIfDue(link);
      if (sealed !== undefined) await sealed;
    }
  }

  /** Records that the offsets up to a position could not be read, in a link that begins with them. */
  async skip(to: LogPosition): Promise<Gap> {
    if (this.#open?.isBareGap === false) await this.#seal(this.#open, 'gap');
    const gap = { from: this.#position.offset, to: to.offset };
    const from = this.#open?.gap?.from ?? gap.from;
    this.#open?.content.discard(true);
    this.#position = to;
    this.#openLink({ from, to: to.offset });
    return gap;
  }

  #openLink(gap?: Gap): LinkBuffer {
    this.signal.throwIfAborted();
    const { codec, memory, limits, now } = this.#options;
    const { offset, leaderEpoch } = this.#position;
    const link = new LinkBuffer(gap?.from ?? offset, gap, leaderEpoch, new Content(codec, memory), now());
    clearTimeout(this.#ageTimer);
    this.#ageTimer = setTimeout(() => void this.#seal(link, 'age'), limits.maxAgeMs);
    this.#open = link;
    return link;
  }

  #sealIfDue(link: LinkBuffer): Promise<void> | undefined {
    const reason = link.due(this.#options.limits);
    return reason === undefined ? undefined : this.#seal(link, reason);
  }

  /** Hands a link to its upload, after the one before it. Does nothing where it is not the open one any more by then. */
  async #seal(link: LinkBuffer, reason: FlushReason): Promise<void> {
    await this.#options.settled();
    if (this.#open !== link) return;
    clearTimeout(this.#ageTimer);
    this.#open = undefined;
    this.#options.store(link, reason);
  }
}

function oneLine({ offset, timestamp }: KafkaRecord, line: LineBytes): Lines {
  const position = { offset, timestamp };
  return { count: 1, first: position, last: position, ...line };
}
