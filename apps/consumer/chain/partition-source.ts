import type { LogPosition } from '../../kafka/log-position.ts';

/** What a partition asks Kafka besides records. A call retries until Kafka has responded or the signal aborts. */
export interface PartitionSource {
  committed(partition: number, signal: AbortSignal): Promise<number | undefined>;
  bounds(partition: number, signal: AbortSignal): Promise<LogBounds>;
  /** Queues a commit; it is sent only while the group assigns the partition to this consumer. */
  commit(partition: number, end: LogPosition): void;
}

export interface LogBounds {
  readonly earliest: LogPosition;
  readonly latest: LogPosition;
}
