/**
 * How many bytes are held, against how many may be. Who wants to hold more waits until others give back, and
 * makes them do so: waiting calls for relief.
 */
export class MemoryPool {
  readonly limit: number;
  readonly #relieve: () => void;
  #used = 0;
  #waiting: (() => void)[] = [];

  /** @param relieve called, again and again, while somebody waits */
  constructor(limit: number, relieve: () => void = () => undefined) {
    this.limit = limit;
    this.#relieve = relieve;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return Math.max(0, this.limit - this.#used);
  }

  /** @param bytes negative to give back */
  add(bytes: number): void {
    this.#used += bytes;
    if (bytes >= 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when so many bytes are free, or nothing is held at all; or when the signal aborts. */
  async room(bytes: number, signal: AbortSignal): Promise<void> {
    while (this.#used > 0 && this.#used + bytes > this.limit && !signal.aborted) {
      this.#relieve();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = (): void => resolve(undefined);
      this.#waiting.push(wake);
      signal.addEventListener('abort', wake, { once: true });
      await promise;
      signal.removeEventListener('abort', wake);
    }
  }
}

/** A part of a pool that changes its size. */
export class MemoryShare {
  readonly #pool: MemoryPool;
  #bytes = 0;

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  set(bytes: number): void {
    if (bytes !== this.#bytes) this.#pool.add(bytes - this.#bytes);
    this.#bytes = bytes;
  }
}
