import type { LogPosition } from '../../kafka/log-position.ts';
import type { Log } from '../../service/log.ts';
import type { FlushReason, SegmentBuffer } from '../object/segment-buffer.ts';
import { ChainSession, type ChainSessionOptions } from './chain-session.ts';
import {
  contentType,
  segmentMetadata,
  type Delivery,
  type SegmentEnd,
  type SegmentKeys,
} from '../object/segment.ts';
import type { SegmentObject } from '../store/store.ts';

/** Stores segments. A call retries until the store has responded or the signal aborts. */
export interface SegmentStore {
  addSegment(segment: SegmentObject, signal: AbortSignal): Promise<SegmentEnd>;
  addOverlappingSegment(segment: SegmentObject, signal: AbortSignal): Promise<SegmentEnd>;
}

/** A record that was read and is not stored yet. Times in milliseconds since the epoch. */
export interface UnstoredRecord {
  /** The record's own; -1 if it has none. */
  readonly timestamp: number;
  readonly readAt: number;
}

export interface ChainObserver {
  flushed(reason: FlushReason): void;
  stored(records: number, bytes: number): void;
  /** A segment of another writer stood at the key already, and counts. */
  adopted(): void;
}

export interface ChainWriterOptions extends Omit<ChainSessionOptions, 'settled' | 'store'> {
  readonly store: SegmentStore;
  readonly keys: SegmentKeys;
  readonly delivery: Delivery;
  /** Identifies this consumer in the metadata, and in the key where segments may overlap. */
  readonly writer: string;
  readonly observer: ChainObserver;
  readonly log: Log;
  /** Called with every new end of the chain. */
  readonly onStored: (end: LogPosition) => void;
  /** Called when a segment cannot be stored; nothing more is stored before {@link ChainWriter.start}. */
  readonly onFailed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Writes the segments of one chain: its session fills one while the one before is being uploaded. */
export class ChainWriter {
  readonly #options: ChainWriterOptions;
  #end: LogPosition = { offset: 0, leaderEpoch: -1 };
  #session: ChainSession;
  #storedTimestamp: number | undefined;
  #upload: { readonly segment: SegmentBuffer; readonly settled: Promise<void> } | undefined;

  constructor(options: ChainWriterOptions) {
    this.#options = options;
    this.#session = this.#begin();
  }

  /** Where the chain ends. */
  get end(): LogPosition {
    return this.#end;
  }

  /** The current session. A jump of the position replaces it. */
  get session(): ChainSession {
    return this.#session;
  }

  /** The first record that was read and is not stored yet. */
  get unstored(): UnstoredRecord | undefined {
    for (const segment of [this.#upload?.segment, this.#session.open]) {
      if (segment?.first !== undefined)
        return { timestamp: Number(segment.first.timestamp), readAt: segment.openedAt };
    }
    return undefined;
  }

  /** Timestamp of the last record that this writer has stored. */
  get storedTimestamp(): number | undefined {
    return this.#storedTimestamp;
  }

  /** Bytes that a flush now would free; 0 while a segment is being uploaded. */
  get flushableBytes(): number {
    return this.#upload === undefined ? (this.#session.open?.content.memoryBytes ?? 0) : 0;
  }

  /** Begins a session at the end of the chain. */
  start(end: LogPosition): void {
    this.#end = end;
    this.stop();
  }

  /** Ends the session: drops everything that is not being uploaded. */
  stop(): void {
    this.#session.end();
    this.#session = this.#begin();
  }

  /**
   * Replaces a session by one at the end of the chain: drops what was read and is not stored.
   *
   * @param end the new end of the chain, if it has changed
   * @throws the abort reason of the session's signal if the session has ended already
   */
  rewind(session: ChainSession, end = this.#end): void {
    session.signal.throwIfAborted();
    this.start(end);
  }

  /** Waits until no segment is being uploaded. */
  async settled(): Promise<void> {
    while (this.#upload !== undefined) await this.#upload.settled;
  }

  #begin(): ChainSession {
    const session: ChainSession = new ChainSession(this.#end, {
      ...this.#options,
      settled: () => this.settled(),
      store: (segment, reason) => {
        this.#options.observer.flushed(reason);
        this.#upload = { segment, settled: this.#store(segment, session) };
      },
    });
    return session;
  }

  async #store(segment: SegmentBuffer, session: ChainSession): Promise<void> {
    const { keys, codec, delivery, store, writer, observer, log, signal, now } = this.#options;
    const { start, end, count } = segment;
    const key = keys.key(start, end, writer);
    let isUploaded = false;
    try {
      await segment.content.finish();
      const { pieces: body, length } = segment.content;
      const object = {
        key,
        start,
        body,
        metadata: segmentMetadata(segment, writer),
        contentType: contentType(codec),
      };
      const stored =
        delivery === 'exactly-once'
          ? await store.addSegment(object, signal)
          : await store.addOverlappingSegment(object, signal);
      isUploaded = true;
      signal.throwIfAborted();
      this.#end = { offset: stored.end, leaderEpoch: stored.leaderEpoch };
      if (stored.end === end && stored.writer === writer) {
        observer.stored(count, length);
        // A clock that is ahead says nothing of what comes next.
        if (segment.last !== undefined)
          this.#storedTimestamp = Math.min(Number(segment.last.timestamp), now());
      } else {
        log.warn({ key, end, stored }, 'another writer was first: its segment counts');
        observer.adopted();
      }
      // The session stands behind this segment only if it filled it, and if the store kept that one.
      if (stored.end !== end || session !== this.#session) this.stop();
      this.#options.onStored(this.#end);
    } catch (error) {
      // The segments after this one must not be stored without it.
      this.stop();
      this.#options.onFailed(error);
    } finally {
      segment.content.discard(isUploaded);
      this.#upload = undefined;
    }
  }
}
