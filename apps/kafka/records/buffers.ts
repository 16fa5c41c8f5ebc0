/** Where memory for fetched and decompressed bytes comes from. */
export interface Buffers {
  /** A buffer of at least so many bytes, with whatever is in it. */
  take(bytes: number): Buffer;
  /** Gives a buffer back. @param isUnused nobody will look at it any more: it may be used for something else */
  give(buffer: Buffer, isUnused: boolean): void;
}
