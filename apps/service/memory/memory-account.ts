/** What an account may hold. */
export interface Bounds {
  readonly bytes: number;
  /** @default no bound but that of the bytes */
  readonly records?: number;
}

/** Somebody who waits for room, with what is to fit. */
interface Waiter {
  readonly bytes: number;
  readonly records: number;
  readonly wake: () => void;
}

/**
 * Counts what a program holds in memory against the bounds of its configuration. Who must not hold more either asks
 * ({@link take}) or waits until others have given back ({@link room}).
 */
export class MemoryAccount {
  readonly #maxBytes: number;
  readonly #maxRecords: number;
  readonly #relieve: () => void;
  #bytes = 0;
  #records = 0;
  /** In the order of their arrival. */
  readonly #waiting: Waiter[] = [];
  #isServing = false;

  /** @param relieve called while somebody waits, each time that something was given back but not enough */
  constructor({ bytes, records = Infinity }: Bounds, relieve: () => void = () => undefined) {
    this.#maxBytes = bytes;
    this.#maxRecords = records;
    this.#relieve = relieve;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get records(): number {
    return this.#records;
  }

  fits(bytes: number, records = 0): boolean {
    return this.#records + records <= this.#maxRecords && this.#bytes + bytes <= this.#maxBytes;
  }

  /** Takes both or, where either bound would be exceeded, neither. */
  take(bytes: number, records = 0): boolean {
    if (!this.fits(bytes, records)) return false;
    this.hold(bytes, records);
    return true;
  }

  /** Counts what is held already, beyond the bounds if need be. */
  hold(bytes: number, records = 0): void {
    this.#bytes += bytes;
    this.#records += records;
  }

  give(bytes: number, records = 0): void {
    this.#bytes -= bytes;
    this.#records -= records;
    this.#serveSoon(queueMicrotask);
  }

  /**
   * Resolves when so much fits, or nothing is held at all, since what is larger than the account could never fit; or when
   * the signal aborts. Nothing is taken. Of those that wait the first is woken for which there is room, and no second one
   * before it could take what it waited for.
   */
  async room(bytes: number, signal: AbortSignal, records = 0): Promise<void> {
    while (!this.#hasRoom(bytes, records) && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const waiter = { bytes, records, wake: () => resolve(undefined) };
      this.#waiting.push(waiter);
      signal.addEventListener('abort', waiter.wake, { once: true });
      this.#relieve();
      await promise;
      signal.removeEventListener('abort', waiter.wake);
      const at = this.#waiting.indexOf(waiter);
      if (at >= 0) this.#waiting.splice(at, 1);
      // One that was aborted may have stood before one that there is room for.
      this.#serveSoon(queueMicrotask);
    }
  }

  #hasRoom(bytes: number, records: number): boolean {
    return (this.#bytes <= 0 && this.#records <= 0) || this.fits(bytes, records);
  }

  #serveSoon(schedule: (serve: () => void) => void): void {
    if (this.#waiting.length === 0 || this.#isServing) return;
    this.#isServing = true;
    schedule(() => {
      this.#isServing = false;
      this.#serve();
    });
  }

  #serve(): void {
    if (this.#waiting.length === 0) return;
    const at = this.#waiting.findIndex(({ bytes, records }) => this.#hasRoom(bytes, records));
    if (at < 0) {
      this.#relieve();
      return;
    }
    this.#waiting.splice(at, 1)[0]?.wake();
    this.#serveSoon(setImmediate);
  }
}

/** A part of an account that changes its size. */
export class MemoryShare {
  readonly #account: MemoryAccount;
  #bytes = 0;

  constructor(account: MemoryAccount) {
    this.#account = account;
  }

  get bytes(): number {
    return this.#bytes;
  }

  set(bytes: number): void {
    if (bytes > this.#bytes) this.#account.hold(bytes - this.#bytes);
    else if (bytes < this.#bytes) this.#account.give(this.#bytes - bytes);
    this.#bytes = bytes;
  }
}
