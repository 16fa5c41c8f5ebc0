/** Where memory for fetched and decompressed bytes comes from. */
export interface Buffers {
  /** A buffer of at least so many bytes, with whatever is in it. */
  take(bytes: number): Buffer;
  /** Gives a buffer back that nobody else looks at any more. */
  give(buffer: Buffer): void;
}
