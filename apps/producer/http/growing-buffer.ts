import type { MemoryAccount } from '../../service/memory/memory-account.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Bytes that come in pieces of any size, in one buffer. A Buffer for each piece takes some 400 bytes beside its own, which
 * no budget of bytes would see.
 */
export class GrowingBuffer {
  readonly #budget: MemoryAccount;
  readonly #maxBytes: number;
  #buffer = NOTHING;
  #bytes = 0;

  /** @param maxBytes it is never made larger, so that what has just this length is not copied */
  constructor(budget: MemoryAccount, maxBytes: number) {
    this.#budget = budget;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#bytes;
  }

  /**
   * Copies a piece to the end of the others. What the buffer takes counts against the budget, filled or not.
   *
   * @returns false, with nothing changed, where the budget has no room for it
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

  /** Resolves when so many bytes more can be appended, or when the signal aborts. */
  room(bytes: number, signal: AbortSignal): Promise<void> {
    const needed = this.#bytes + bytes;
    const grows = needed > this.#buffer.length ? this.#sizeFor(needed) - this.#buffer.length : 0;
    return this.#budget.room(grows, signal);
  }

  /** Hands out what it has, without what was never filled, and is empty again. */
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
