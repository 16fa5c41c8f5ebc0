/** The size of each buffer where bytes are kept in pieces. */
export const PIECE_BYTES = 64 * 1024;

export interface BufferPoolOptions {
  /** Size of the smallest buffer; the others have two times that, four times, and so on. @default 65536 */
  readonly smallestBytes?: number;
  /** At most what is in use and kept for later together. @default no bound */
  readonly maxBytes?: number;
  /** At most what is kept for later. @default no bound but that of both together */
  readonly maxFreeBytes?: number;
}

/**
 * Buffers that are used again. V8 frees memory outside of its heap late, and marks its whole heap for that: what is
 * allocated for each record and dropped costs more than the record.
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

  /** A buffer of at least so many bytes, with whatever is in it. */
  take(bytes: number): Buffer {
    let size = this.smallestBytes;
    while (size < bytes) size *= 2;
    this.#takenBytes += size;
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#freeBytes -= size;
    return buffer;
  }

  /** Gives a buffer back that came from here, and that nobody else looks at any more: it is used for something else. */
  give(buffer: Buffer): void {
    this.forget(buffer);
    const freeBytes = this.#freeBytes + buffer.length;
    if (freeBytes > this.#maxFreeBytes || this.#takenBytes + freeBytes > this.#maxBytes) return;
    this.#freeBytes = freeBytes;
    const sameSize = this.#free.get(buffer.length);
    if (sameSize === undefined) this.#free.set(buffer.length, [buffer]);
    else sameSize.push(buffer);
  }

  /** Leaves a buffer that came from here to the garbage collector: somebody may still look at it. */
  forget(buffer: Buffer): void {
    this.#takenBytes -= buffer.length;
  }
}

/** Bytes that grow piece by piece, so that growing never needs them twice. */
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

  /** What is held, used or not. */
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

  /** What has been appended. */
  get filled(): readonly Buffer[] {
    const last = this.#pieces.length - 1;
    return this.#pieces.map((piece, at) =>
      at < last ? piece : piece.subarray(0, this.#length - at * PIECE_BYTES),
    );
  }

  /** Is empty again. @param isUnused whether its memory may be used for something else now */
  release(isUnused: boolean): void {
    for (const piece of this.#pieces) {
      if (isUnused) this.#pool.give(piece);
      else this.#pool.forget(piece);
    }
    this.#pieces = [];
    this.#length = 0;
  }
}
