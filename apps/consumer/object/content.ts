import { Pieces, type BufferPool } from '../../service/memory/buffer-pool.ts';
import { Compressor } from './compressor.ts';
import type { Codec } from './segment.ts';
import { MemoryShare, type MemoryAccount } from '../../service/memory/memory-account.ts';

export interface ContentMemory {
  /** Counts the bytes in memory. */
  readonly pool: MemoryAccount;
  readonly buffers: BufferPool;
}

/** The content of an object in memory, from the first line to the end of its upload. */
export class Content {
  readonly #share: MemoryShare;
  readonly #compressor: Compressor | undefined;
  readonly #output: Pieces;
  #isDiscarded = false;

  constructor(codec: Codec, { pool, buffers }: ContentMemory) {
    this.#share = new MemoryShare(pool);
    this.#output = new Pieces(buffers);
    this.#compressor =
      codec === 'none' ? undefined : new Compressor(codec, buffers, (bytes) => this.#put(bytes));
  }

  /** Bytes that the pool counts for it. */
  get memoryBytes(): number {
    return this.#share.bytes;
  }

  /**
   * @param line is copied: the caller may use its memory again
   * @returns a promise if the compressor is behind
   */
  write(line: Buffer): Promise<void> | undefined {
    if (this.#compressor === undefined) {
      this.#put(line);
      return undefined;
    }
    const behind = this.#compressor.write(line);
    this.#count();
    return behind;
  }

  /** Ends the content; nothing may be written after it. Rejects if it is discarded meanwhile. */
  async finish(): Promise<void> {
    await this.#compressor?.finish();
    this.#count();
  }

  /** The finished bytes. */
  get pieces(): readonly Buffer[] {
    return this.#output.filled;
  }

  /** Number of finished bytes. */
  get length(): number {
    return this.#output.length;
  }

  /**
   * Frees the memory. May be called at any time, more than once.
   *
   * @param isUnused nothing reads the memory any more, not even an abandoned upload: it may be used again
   */
  discard(isUnused: boolean): void {
    this.#isDiscarded = true;
    this.#compressor?.destroy();
    this.#output.release(isUnused);
    this.#share.set(0);
  }

  #put(bytes: Buffer): void {
    if (this.#isDiscarded) return;
    this.#output.append(bytes);
    this.#count();
  }

  #count(): void {
    if (this.#isDiscarded) return;
    this.#share.set((this.#compressor?.memoryBytes ?? 0) + this.#output.capacity);
  }
}
