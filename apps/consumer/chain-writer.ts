import type { LogPosition } from '../kafka/log-position.ts';
import type { Log } from '../service/log.ts';
import { LinkBuffer, type FlushLimits, type FlushReason, type LineBytes, type Lines } from './buffer.ts';
import { Content, type ContentMemory } from './content.ts';
import type { LineEncoder } from './envelope.ts';
import type { BatchRecords } from '../kafka/records/batch-records.ts';
import type { KafkaRecord } from '../kafka/records/records.ts';
import { contentType, linkMetadata, type Codec, type Delivery, type Gap } from './link.ts';
import type { LinkEnd, LinkKeys } from './link.ts';
import { encodePlain } from './plain-lines.ts';
import type { LinkObject } from './store/store.ts';

/** What filling a chain needs of the store. Calls go on until they are answered or the signal aborts. */
export interface LinkStore {
  addLink(link: LinkObject, signal: AbortSignal): Promise<LinkEnd>;
  addOverlappingLink(link: LinkObject, signal: AbortSignal): Promise<LinkEnd>;
}

/** Milliseconds since the epoch. */
export interface UnstoredRecord {
  /** Its own; -1 where it has none. */
  readonly timestamp: number;
  readonly readAt: number;
}

export interface ChainObserver {
  flushed(reason: FlushReason): void;
  stored(records: number, bytes: number): void;
  /** A link of another writer was there already. */
  adopted(): void;
}

export interface ChainWriterOptions {
  readonly store: LinkStore;
  readonly keys: LinkKeys;
  readonly codec: Codec;
  readonly delivery: Delivery;
  readonly limits: FlushLimits;
  readonly memory: ContentMemory;
  /** May be shared: nothing waits between a line and its copy. */
  readonly encoder: LineEncoder;
  /** Who stores: metadata, and part of the key where links may overlap. */
  readonly writer: string;
  readonly observer: ChainObserver;
  readonly log: Log;
  /** Milliseconds since the epoch, as in records. */
  readonly now: () => number;
  /** Gets every new end of the chain. */
  readonly onStored: (end: LogPosition) => void;
  /** Gets what keeps a link from being stored; then nothing is stored any more until {@link ChainWriter.start}. */
  readonly onFailed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the links of one chain: fills one while the one before is being stored. `position` is where reading
 * goes on; `end` is where the chain ends.
 */
export class ChainWriter {
  readonly #options: ChainWriterOptions;
  #end: LogPosition = { offset: 0, leaderEpoch: -1 };
  #position: LogPosition = this.#end;
  #rewinds = 0;
  #open: LinkBuffer | undefined;
  #ageTimer: NodeJS.Timeout | undefined;
  #storedTimestamp: number | undefined;
  #upload: { readonly link: LinkBuffer; readonly settled: Promise<void> } | undefined;

  constructor(options: ChainWriterOptions) {
    this.#options = options;
  }

  get end(): LogPosition {
    return this.#end;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** Changes when the position jumps: what was being read is not wanted any more. */
  get rewinds(): number {
    return this.#rewinds;
  }

  /** The first record that was read and is not stored yet. */
  get unstored(): UnstoredRecord | undefined {
    for (const link of [this.#upload?.link, this.#open]) {
      if (link?.first !== undefined)
        return { timestamp: Number(link.first.timestamp), readAt: link.openedAt };
    }
    return undefined;
  }

  /** The time of the last record that this writer has stored. */
  get storedTimestamp(): number | undefined {
    return this.#storedTimestamp;
  }

  /** What a flush now would give back; 0 while another link is being stored. */
  get flushableBytes(): number {
    return this.#upload === undefined ? (this.#open?.content.memoryBytes ?? 0) : 0;
  }

  /** Begins, or begins again, at the end of the chain. */
  start(end: LogPosition): void {
    this.#end = end;
    this.rewind();
  }

  /** Forgets what is not stored: reading goes on at the end of the chain. */
  rewind(): void {
    this.#rewinds += 1;
    clearTimeout(this.#ageTimer);
    this.#open?.content.discard(true);
    this.#open = undefined;
    this.#position = this.#end;
  }

  /** Waits until nothing is being stored. */
  async settled(): Promise<void> {
    while (this.#upload !== undefined) await this.#upload.settled;
  }

  flush(reason: FlushReason): void {
    if (this.#open !== undefined) void this.#seal(this.#open, reason);
  }

  /** Waits until all that was read is stored, or is not wanted any more. */
  async flushed(reason: FlushReason): Promise<void> {
    if (this.#open !== undefined) await this.#seal(this.#open, reason);
    await this.settled();
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
    const rewinds = this.#rewinds;
    if (this.#position.offset < record.offset) await this.pass(record.offset, leaderEpoch);
    let line = encoder.encode(record);
    if (this.#open?.fits(line.length, limits) === false) {
      await this.#seal(this.#open, 'bytes');
      line = encoder.encode(record);
    }
    if (this.#rewinds !== rewinds) return;
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
    const rewinds = this.#rewinds;
    while (this.#position.offset < to && this.#rewinds === rewinds) {
      const link = this.#open ?? this.#openLink();
      const end = Math.min(to, link.maxEnd(this.#options.limits.maxSpan));
      link.advance(end, leaderEpoch);
      this.#position = { offset: end, leaderEpoch };
      const sealed = this.#sealIfDue(link);
      if (sealed !== undefined) await sealed;
    }
  }

  /** Records that the offsets up to a position could not be read, in a link that begins with them. */
  async skip(to: LogPosition): Promise<Gap | undefined> {
    const rewinds = this.#rewinds;
    if (this.#open?.isBareGap === false) await this.#seal(this.#open, 'gap');
    if (this.#rewinds !== rewinds) return undefined;
    const gap = { from: this.#position.offset, to: to.offset };
    const from = this.#open?.gap?.from ?? gap.from;
    this.#open?.content.discard(true);
    this.#position = to;
    this.#openLink({ from, to: to.offset });
    return gap;
  }

  #openLink(gap?: Gap): LinkBuffer {
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

  /** Hands a link to its upload, after the one before it: until then nothing more is taken. */
  async #seal(link: LinkBuffer, reason: FlushReason): Promise<void> {
    await this.settled();
    if (this.#open !== link) return;
    clearTimeout(this.#ageTimer);
    this.#open = undefined;
    this.#options.observer.flushed(reason);
    this.#upload = { link, settled: this.#store(link) };
  }

  async #store(link: LinkBuffer): Promise<void> {
    const { keys, codec, delivery, store, writer, observer, log, signal, now } = this.#options;
    const { start, end, count } = link;
    const key = keys.key(start, end, writer);
    let isUploaded = false;
    try {
      await link.content.finish();
      const { pieces: body, length } = link.content;
      const object = {
        key,
        start,
        body,
        metadata: linkMetadata(link, writer),
        contentType: contentType(codec),
      };
      const stored =
        delivery === 'exactly-once'
          ? await store.addLink(object, signal)
          : await store.addOverlappingLink(object, signal);
      isUploaded = true;
      signal.throwIfAborted();
      this.#end = { offset: stored.end, leaderEpoch: stored.leaderEpoch };
      if (stored.end === end && stored.writer === writer) {
        observer.stored(count, length);
        // A clock that is ahead says nothing of what comes next.
        if (link.last !== undefined) this.#storedTimestamp = Math.min(Number(link.last.timestamp), now());
      } else {
        log.warn({ key, end, stored }, 'another writer was first: its link counts');
        observer.adopted();
      }
      if (stored.end !== end) this.rewind();
      this.#options.onStored(this.#end);
    } catch (error) {
      // What follows this link must not be stored without it.
      this.rewind();
      this.#options.onFailed(error);
    } finally {
      link.content.discard(isUploaded);
      this.#upload = undefined;
    }
  }
}

function oneLine({ offset, timestamp }: KafkaRecord, line: LineBytes): Lines {
  const position = { offset, timestamp };
  return { count: 1, first: position, last: position, ...line };
}
