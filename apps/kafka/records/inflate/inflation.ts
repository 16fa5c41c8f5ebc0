/** The bytes of a batch as they are decompressed, piece by piece: a small batch may hold more than there is memory for. */
export interface Inflation {
  /** What it holds now, its last piece included. */
  readonly memoryBytes: number;
  /**
   * @returns the next piece, in memory that the next call may use again; `undefined` after the last
   * @throws where the bytes are not what their format says, or would need more memory than is allowed
   */
  next(): Promise<Buffer | undefined>;
  /** Ends it early. */
  close(): void;
}
