/** The smallest buffer, and the size of each where bytes are kept in pieces. */
export const PIECE_BYTES = 64 * 1024;

/**
 * Buffers that are used again. What is allocated for each record and dropped is given back by the garbage
 * collector only after much more of it has piled up than is in use.
 */
export class BufferPool {
  readonly #limit: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;
  #takenBytes = 0;

  /** @param limit of what is in use and kept for later together; above it, buffers go to the garbage collector */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A buffer of at least so many bytes, with whatever is in it. */
  take(bytes: number): Buffer {
    let size = PIECE_BYTES;
    while (size < bytes) size *= 2;
    this.#takenBytes += size;
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#freeBytes -= size;
    return buffer;
  }

  /** Gives a buffer back. @param isUnused nobody will look at it any more: it may be used for something else */
  give(buffer: Buffer, isUnused: boolean): void {
    this.#takenBytes -= buffer.length;
    if (!isUnused || this.#takenBytes + this.#freeBytes + buffer.length > this.#limit) return;
    this.#freeBytes += buffer.length;
    const sameSize = this.#free.get(buffer.length);
    if (sameSize === undefined) this.#free.set(buffer.length, [buffer]);
    else sameSize.push(buffer);
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
    for (const piece of this.#pieces) this.#pool.give(piece, isUnused);
    this.#pieces = [];
    this.#length = 0;
  }
}
