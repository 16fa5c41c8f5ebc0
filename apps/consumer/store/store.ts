import { Backoff } from '../../service/backoff.ts';
import { readLinkEnd, type LinkEnd } from '../object/segment.ts';
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

/** What the store does that somebody counts. */
export interface StoreObserver {
  retried(problem: StoreProblem): void;
  conflicted(): void;
}

export interface StoreOptions {
  readonly bucket: Bucket;
  readonly health: StoreHealth;
  readonly observer: StoreObserver;
}

export interface LinkObject extends NewObject {
  readonly key: string;
  readonly start: number;
  readonly contentType: string;
}

/** Uploads at once: enough to hide a store's latency, few enough that their bodies stay small in memory. */
const UPLOADS = 8;
const ATTEMPT_MS = 30_000;
const MAX_ATTEMPT_MS = 300_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** A problem that waits for somebody is asked about more slowly. */
const LASTING_BACKOFF_MS = 2000;

/**
 * The store as the delivery protocol needs it: every call goes on until the store has answered, however long
 * that takes, or until its signal aborts; then it throws the signal's reason.
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

  /** @returns whether this call's object is there now; false where there was one before */
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

  /** Replaces what is there. */
  replace(key: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const options = { contentType: 'application/json', onlyIfAbsent: false };
    return this.#persist('put', signal, (attempt) =>
      this.#bucket.put(key, { body: [body], metadata: {} }, options, attempt),
    );
  }

  /**
   * Makes a link whose key no other object has. Where one is there already, whoever wrote it (an earlier
   * attempt of this very call too, whose answer was lost), that one is the link.
   *
   * @returns the end of the link that is stored
   * @throws {BadLinkError} where the stored one does not say its end
   */
  async addLink(link: LinkObject, signal: AbortSignal): Promise<LinkEnd> {
    const { key, start, metadata, contentType } = link;
    const options = { contentType, onlyIfAbsent: true };
    const upload = async (attempt: AbortSignal): Promise<StoredObject['metadata']> => {
      try {
        await this.#bucket.put(key, link, options, attempt);
        return metadata;
      } catch (error) {
        if (!isAlreadyThere(storeError(error))) throw error;
        this.#observer.conflicted();
        const there = await this.#bucket.head(key, attempt);
        // Refused because it is there, and then not there: deleted meanwhile, so the write is due again.
        if (there === undefined) throw error;
        return there;
      }
    };
    return readLinkEnd(key, start, await this.#persist('put', signal, upload, this.#uploads));
  }

  /** Makes a link whose key names its end and its writer, so that nobody else's object is replaced. */
  async addOverlappingLink(link: LinkObject, signal: AbortSignal): Promise<LinkEnd> {
    const { key, start, metadata, contentType } = link;
    const options = { contentType, onlyIfAbsent: false };
    const upload = (attempt: AbortSignal): Promise<void> => this.#bucket.put(key, link, options, attempt);
    await this.#persist('put', signal, upload, this.#uploads);
    return readLinkEnd(key, start, metadata);
  }

  async #persist<Answer>(
    operation: StoreOperation,
    signal: AbortSignal,
    request: (attempt: AbortSignal) => Promise<Answer>,
    slots = new Slots(1),
  ): Promise<Answer> {
    const passing = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    const lasting = new Backoff(LASTING_BACKOFF_MS, MAX_BACKOFF_MS);
    for (let timeoutMs = ATTEMPT_MS; ; timeoutMs = Math.min(timeoutMs * 2, MAX_ATTEMPT_MS)) {
      if (signal.aborted) this.#health.abandoned(operation);
      signal.throwIfAborted();
      try {
        // The clock of an attempt starts when its turn comes, not while it waits in line.
        const answer = await slots.run(() =>
          request(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
        );
        this.#health.succeeded(operation);
        return answer;
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
