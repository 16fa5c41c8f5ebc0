import type { Failure } from './errors.ts';

/** What Kafka is asked for, as far as it may fail by itself. */
export type KafkaOperation = 'metadata' | 'group' | 'fetch' | 'offsets' | 'log-ends' | 'commit';

/** Hears which operations succeed and fail. */
export interface KafkaHealth {
  succeeded(operation: KafkaOperation): void;
  failed(operation: KafkaOperation, failure: Failure): void;
  /** Nobody tries it any more. */
  abandoned(operation: KafkaOperation): void;
}
