import type { LogPosition } from '../../kafka/log-position.ts';

/** What a partition needs of Kafka besides its records. Calls go on until they are answered or the signal aborts. */
export interface PartitionSource {
  committed(partition: number, signal: AbortSignal): Promise<number | undefined>;
  bounds(partition: number, signal: AbortSignal): Promise<LogBounds>;
  /** Notes what to commit, if and while the group says that the partition is owned. */
  commit(partition: number, end: LogPosition): void;
}

export interface LogBounds {
  readonly earliest: LogPosition;
  readonly latest: LogPosition;
}
