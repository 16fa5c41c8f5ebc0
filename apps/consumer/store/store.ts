import { Backoff } from '../../service/backoff.ts';
import { readSegmentEnd, type SegmentEnd } from '../object/segment.ts';
import type { Bucket, NewObject, StoredObject } from './bucket.ts';
import { isAlreadyThere, storeError, type StoreError, type StoreProblem } from './errors.ts';
import { Slots } from './slots.ts';

export type StoreOperation = 'list' | 'head' | 'get' | 'put';

/** Hears which operations succeed and fail. */
export interface StoreHealth {
  succeeded(operation: StoreOperation): void;
  failed(operation: StoreOperation, failure: StoreError): void;
  /** Nobody tries it any more. */
  abandoned(operation: StoreOperation): void;
}

/** Counts what requests to the store meet. */
export interface StoreObserver {
  retried(problem: StoreProblem): void;
  conflicted(): void;
}

export interface StoreOptions {
  readonly bucket: Bucket;
  readonly health: StoreHealth;
  readonly observer: StoreObserver;
}

export interface SegmentObject extends NewObject {
  readonly key: string;
  readonly start: number;
  readonly contentType: string;
}

/** Uploads at the same time: enough to hide the store's latency, few enough to bound the memory of their bodies. */
const UPLOADS = 8;
const ATTEMPT_MS = 30_000;
const MAX_ATTEMPT_MS = 300_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** First back-off of a problem that an operator must solve. */
const LASTING_BACKOFF_MS = 2000;

/**
 * The object store. Every call retries until the store has responded, however long that takes. If its signal aborts, it
 * throws the signal's reason.
 */
export class Store {
  readonly #bucket: Bucket;
  readonly #health: StoreHealth;
  readonly #observer: StoreObserver;
  readonly #uploads = new Slots(UPLOADS);

  constructor({ bucket, health, observer }: StoreOptions) {
    this.#bucket = bucket;
    this.#health = health;
    this.#observer = observer;
  }

  async *list(prefix: string, startAfter: string, signal: AbortSignal): AsyncGenerator<string> {
    let page: string | undefined;
    do {
      const { keys, next } = await this.#persist('list', signal, (attempt) =>
        this.#bucket.list(prefix, startAfter, page, attempt),
      );
      yield* keys;
      page = next;
    } while (page !== undefined);
  }

  head(key: string, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
    return this.#persist('head', signal, (attempt) => this.#bucket.head(key, attempt));
  }

  get(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    return this.#persist('get', signal, (attempt) => this.#bucket.get(key, attempt));
  }

  /** @returns true if this call has stored the object; false if there was one before */
  async putIfAbsent(key: string, body: Buffer, signal: AbortSignal): Promise<boolean> {
    return this.#persist('put', signal, async (attempt) => {
      try {
        const options = { contentType: 'application/json', onlyIfAbsent: true };
        await this.#bucket.put(key, { body: [body], metadata: {} }, options, attempt);
        return true;
      } catch (error) {
        if (isAlreadyThere(storeError(error))) return false;
        throw error;
      }
    });
  }

  /** Stores an object, in place of an earlier one. */
  replace(key: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const options = { contentType: 'application/json', onlyIfAbsent: false };
    return this.#persist('put', signal, (attempt) =>
      this.#bucket.put(key, { body: [body], metadata: {} }, options, attempt),
    );
  }

  /**
   * Stores a segment unless its key exists. If it does, the object there is the segment, whoever wrote it: another writer, or an
   * earlier attempt of this call whose response was lost.
   *
   * @returns the end of the stored segment
   * @throws {BadSegmentError} if the metadata of the stored object do not say its end
   */
  async addSegment(segment: SegmentObject, signal: AbortSignal): Promise<SegmentEnd> {
    const { key, start, metadata, contentType } = segment;
    const options = { contentType, onlyIfAbsent: true };
    const upload = async (attempt: AbortSignal): Promise<StoredObject['metadata']> => {
      try {
        await this.#bucket.put(key, segment, options, attempt);
        return metadata;
      } catch (error) {
        if (!isAlreadyThere(storeError(error))) throw error;
        this.#observer.conflicted();
        const there = await this.#bucket.head(key, attempt);
        // Refused because it exists, and then not found: deleted meanwhile. Write again.
        if (there === undefined) throw error;
        return there;
      }
    };
    return readSegmentEnd(key, start, await this.#persist('put', signal, upload, this.#uploads));
  }

  /** Stores a segment whose key contains its end and its writer, so that it replaces no other writer's object. */
  async addOverlappingSegment(segment: SegmentObject, signal: AbortSignal): Promise<SegmentEnd> {
    const { key, start, metadata, contentType } = segment;
    const options = { contentType, onlyIfAbsent: false };
    const upload = (attempt: AbortSignal): Promise<void> => this.#bucket.put(key, segment, options, attempt);
    await this.#persist('put', signal, upload, this.#uploads);
    return readSegmentEnd(key, start, metadata);
  }

  async #persist<Response>(
    operation: StoreOperation,
    signal: AbortSignal,
    request: (attempt: AbortSignal) => Promise<Response>,
    slots = new Slots(1),
  ): Promise<Response> {
    const passing = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    const lasting = new Backoff(LASTING_BACKOFF_MS, MAX_BACKOFF_MS);
    for (let timeoutMs = ATTEMPT_MS; ; timeoutMs = Math.min(timeoutMs * 2, MAX_ATTEMPT_MS)) {
      if (signal.aborted) this.#health.abandoned(operation);
      signal.throwIfAborted();
      try {
        // The time-out of an attempt starts when it has a slot.
        const response = await slots.run(() =>
          request(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
        );
        this.#health.succeeded(operation);
        return response;
      } catch (error) {
        if (signal.aborted) continue;
        const failure = storeError(error);
        this.#health.failed(operation, failure);
        this.#observer.retried(failure.problem);
        await (failure.passes ? passing : lasting).wait(signal).catch(() => undefined);
      }
    }
  }
}
