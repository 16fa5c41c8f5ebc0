/** A place in the log: everything before it has been read, or stored. */
export interface LogPosition {
  readonly offset: number;
  /** Of the last batch before the offset, by which a leader tells whether its log is still the same; or -1. */
  readonly leaderEpoch: number;
}
