/** Size of each buffer of {@link Pieces}. */
export const PIECE_BYTES = 64 * 1024;

export interface BufferPoolOptions {
  /** Size of the smallest buffer; larger sizes double. @default 65536 */
  readonly smallestBytes?: number;
  /** Limit of used and free buffers together. @default no limit */
  readonly maxBytes?: number;
  /** Limit of free buffers. @default no separate limit */
  readonly maxFreeBytes?: number;
}

/**
 * Reuses buffers. V8 frees memory outside of its heap late, and marks its whole heap to do so: a new buffer for each
 * record would cost more than the rest of its processing.
 */
export class BufferPool {
  readonly smallestBytes: number;
  readonly #maxBytes: number;
  readonly #maxFreeBytes: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;
  #takenBytes = 0;

  constructor({
    smallestBytes = PIECE_BYTES,
    maxBytes = Infinity,
    maxFreeBytes = Infinity,
  }: BufferPoolOptions) {
    this.smallestBytes = smallestBytes;
    this.#maxBytes = maxBytes;
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** Returns a buffer of at least this size, with arbitrary content. */
  take(bytes: number): Buffer {
    let size = this.smallestBytes;
    while (size < bytes) size *= 2;
    this.#takenBytes += size;
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#freeBytes -= size;
    return buffer;
  }

  /** Returns a buffer of this pool for reuse. The caller must not use it after that. */
  give(buffer: Buffer): void {
    this.forget(buffer);
    const freeBytes = this.#freeBytes + buffer.length;
    if (freeBytes > this.#maxFreeBytes || this.#takenBytes + freeBytes > this.#maxBytes) return;
    this.#freeBytes = freeBytes;
    const sameSize = this.#free.get(buffer.length);
    if (sameSize === undefined) this.#free.set(buffer.length, [buffer]);
    else sameSize.push(buffer);
  }

  /** Leaves a buffer of this pool to the garbage collector, because other code may still use it. */
  forget(buffer: Buffer): void {
    this.#takenBytes -= buffer.length;
  }
}

/** Bytes that grow piece by piece, so that growing copies nothing. */
export class Pieces {
  readonly #pool: BufferPool;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  get length(): number {
    return this.#length;
  }

  /** Size of the held buffers, filled or not. */
  get capacity(): number {
    return this.#pieces.length * PIECE_BYTES;
  }

  append(bytes: Buffer): void {
    for (let copied = 0; copied < bytes.length;) {
      const used = this.#length % PIECE_BYTES;
      if (used === 0) this.#pieces.push(this.#pool.take(PIECE_BYTES));
      const copying = bytes.copy(this.#pieces.at(-1) as Buffer, used, copied);
      copied += copying;
      this.#length += copying;
    }
  }

  /** The appended bytes. */
  get filled(): readonly Buffer[] {
    const last = this.#pieces.length - 1;
    return this.#pieces.map((piece, at) =>
      at < last ? piece : piece.subarray(0, this.#length - at * PIECE_BYTES),
    );
  }

  /** Empties it. @param isUnused whether its buffers may be reused now */
  release(isUnused: boolean): void {
    for (const piece of this.#pieces) {
      if (isUnused) this.#pool.give(piece);
      else this.#pool.forget(piece);
    }
    this.#pieces = [];
    this.#length = 0;
  }
}
