export interface HttpLimits {
  /** The largest body of `/upload`, and the longest line of `/upload/batch`. */
  readonly maxBodyBytes: number;
  /** From the head of a request to the end of its body; between two pieces of a batch. */
  readonly requestTimeoutMs: number;
}
