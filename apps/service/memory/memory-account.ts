/** Limits of an account. */
export interface Bounds {
  readonly bytes: number;
  /** @default no limit */
  readonly records?: number;
}

/** A caller that waits for room. */
interface Waiter {
  readonly bytes: number;
  readonly records: number;
  readonly wake: () => void;
}

/**
 * Counts the memory that a program uses against the limits of its configuration. Callers either try ({@link take}), or
 * wait for room ({@link room}).
 */
export class MemoryAccount {
  readonly #maxBytes: number;
  readonly #maxRecords: number;
  readonly #relieve: () => void;
  #bytes = 0;
  #records = 0;
  /** In order of arrival. */
  readonly #waiting: Waiter[] = [];
  #isServing = false;

  /** @param relieve called while a caller waits, after each release that did not free enough */
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

  /** Takes bytes and records, or neither if a limit would be exceeded. */
  take(bytes: number, records = 0): boolean {
    if (!this.fits(bytes, records)) return false;
    this.hold(bytes, records);
    return true;
  }

  /** Counts memory that is in use already, even beyond the limits. */
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
   * Resolves when this much fits, or the account is empty (a larger request would never fit), or the signal aborts.
   * Takes nothing. Wakes the first waiter for which there is room; the next one only after the first could call {@link
   * take}.
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
      // An aborted waiter may have blocked a later one that fits.
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

/** A part of an account whose size changes. */
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
