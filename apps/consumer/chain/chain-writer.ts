import type { LogPosition } from '../../kafka/log-position.ts';
import type { Log } from '../../service/log.ts';
import type { FlushReason, LinkBuffer } from '../object/segment-buffer.ts';
import { ChainSession, type ChainSessionOptions } from './chain-session.ts';
import { contentType, linkMetadata, type Delivery, type LinkEnd, type LinkKeys } from '../object/segment.ts';
import type { LinkObject } from '../store/store.ts';

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

export interface ChainWriterOptions extends Omit<ChainSessionOptions, 'settled' | 'store'> {
  readonly store: LinkStore;
  readonly keys: LinkKeys;
  readonly delivery: Delivery;
  /** Who stores: metadata, and part of the key where links may overlap. */
  readonly writer: string;
  readonly observer: ChainObserver;
  readonly log: Log;
  /** Gets every new end of the chain. */
  readonly onStored: (end: LogPosition) => void;
  /** Gets what keeps a link from being stored; then nothing is stored any more until {@link ChainWriter.start}. */
  readonly onFailed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Makes the links of one chain: fills one, in a session, while the one before is being stored. */
export class ChainWriter {
  readonly #options: ChainWriterOptions;
  #end: LogPosition = { offset: 0, leaderEpoch: -1 };
  #session: ChainSession;
  #storedTimestamp: number | undefined;
  #upload: { readonly link: LinkBuffer; readonly settled: Promise<void> } | undefined;

  constructor(options: ChainWriterOptions) {
    this.#options = options;
    this.#session = this.#begin();
  }

  /** Where the chain ends. */
  get end(): LogPosition {
    return this.#end;
  }

  /** Fills the chain from its position on. Another one takes its place when the position jumps. */
  get session(): ChainSession {
    return this.#session;
  }

  /** The first record that was read and is not stored yet. */
  get unstored(): UnstoredRecord | undefined {
    for (const link of [this.#upload?.link, this.#session.open]) {
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
    return this.#upload === undefined ? (this.#session.open?.content.memoryBytes ?? 0) : 0;
  }

  /** Begins, or begins again, at the end of the chain. */
  start(end: LogPosition): void {
    this.#end = end;
    this.stop();
  }

  /** Forgets what is not being stored. */
  stop(): void {
    this.#session.end();
    this.#session = this.#begin();
  }

  /**
   * Forgets what was read in a session and is not stored: reading goes on at the end of the chain.
   *
   * @param end where the chain ends, where that is another position now
   * @throws the reason of the session's signal where it has ended already
   */
  rewind(session: ChainSession, end = this.#end): void {
    session.signal.throwIfAborted();
    this.start(end);
  }

  /** Waits until nothing is being stored. */
  async settled(): Promise<void> {
    while (this.#upload !== undefined) await this.#upload.settled;
  }

  #begin(): ChainSession {
    const session: ChainSession = new ChainSession(this.#end, {
      ...this.#options,
      settled: () => this.settled(),
      store: (link, reason) => {
        this.#options.observer.flushed(reason);
        this.#upload = { link, settled: this.#store(link, session) };
      },
    });
    return session;
  }

  async #store(link: LinkBuffer, session: ChainSession): Promise<void> {
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
      // Reading goes on after this link only where it is the one that was filled, and reading has not begun again since.
      if (stored.end !== end || session !== this.#session) this.stop();
      this.#options.onStored(this.#end);
    } catch (error) {
      // What follows this link must not be stored without it.
      this.stop();
      this.#options.onFailed(error);
    } finally {
      link.content.discard(isUploaded);
      this.#upload = undefined;
    }
  }
}
