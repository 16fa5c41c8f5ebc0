/** Decompresses a batch piece by piece: a small batch may expand to more than the memory limit. */
export interface Inflation {
  /** Bytes in memory, the last piece included. */
  readonly memoryBytes: number;
  /**
   * @returns the next piece, valid until the next call; `undefined` after the last
   * @throws if the bytes do not match their format, or need more memory than allowed
   */
  next(): Promise<Buffer | undefined>;
  /** Stops early and frees its memory. */
  close(): void;
}
