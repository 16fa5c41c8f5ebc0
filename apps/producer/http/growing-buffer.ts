import type { MemoryAccount } from '../../service/memory/memory-account.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Collects pieces of any size in one buffer. A Buffer for each piece would cost some 400 bytes besides its content,
 * which the budget does not count.
 */
export class GrowingBuffer {
  readonly #budget: MemoryAccount;
  readonly #maxBytes: number;
  #buffer = NOTHING;
  #bytes = 0;

  /** @param maxBytes largest size of the buffer; content of exactly this size is not copied by {@link take} */
  constructor(budget: MemoryAccount, maxBytes: number) {
    this.#budget = budget;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#bytes;
  }

  /**
   * Appends a copy of a piece. The whole buffer counts against the budget, filled or not.
   *
   * @returns false, without any change, if the budget has no room
   */
  append(piece: Buffer): boolean {
    const needed = this.#bytes + piece.length;
    if (needed > this.#buffer.length) {
      const bytes = this.#sizeFor(needed);
      if (!this.#budget.take(bytes - this.#buffer.length)) return false;
      const grown = Buffer.allocUnsafe(bytes);
      this.#buffer.copy(grown, 0, 0, this.#bytes);
      this.#buffer = grown;
    }
    piece.copy(this.#buffer, this.#bytes);
    this.#bytes = needed;
    return true;
  }

  /** Resolves when this many bytes can be appended, or when the signal aborts. */
  room(bytes: number, signal: AbortSignal): Promise<void> {
    const needed = this.#bytes + bytes;
    const grows = needed > this.#buffer.length ? this.#sizeFor(needed) - this.#buffer.length : 0;
    return this.#budget.room(grows, signal);
  }

  /** Returns the content and clears the buffer. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#bytes);
    const isFull = this.#bytes === this.#buffer.length;
    this.clear();
    return isFull ? taken : Buffer.from(taken);
  }

  clear(): void {
    this.#budget.give(this.#buffer.length);
    this.#buffer = NOTHING;
    this.#bytes = 0;
  }

  #sizeFor(needed: number): number {
    return Math.max(needed, Math.min(2 * needed, this.#maxBytes));
  }
}
