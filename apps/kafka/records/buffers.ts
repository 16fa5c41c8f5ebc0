/** Allocator for fetched and decompressed bytes. */
export interface Buffers {
  /** A buffer of at least this size, with arbitrary content. */
  take(bytes: number): Buffer;
  /** Returns a buffer, which must not be used after that. */
  give(buffer: Buffer): void;
}
