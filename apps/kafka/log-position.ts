/** A position in the log: every record before it has been read or stored. */
export interface LogPosition {
  readonly offset: number;
  /** Epoch of the last batch before the offset, by which a leader detects a truncated log; -1 if unknown. */
  readonly leaderEpoch: number;
}
