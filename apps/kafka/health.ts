import type { Failure } from './errors.ts';

/** The operations whose success and failure are tracked separately. */
export type KafkaOperation = 'metadata' | 'group' | 'fetch' | 'offsets' | 'log-ends' | 'commit';

/** Notified of the outcome of each operation. */
export interface KafkaHealth {
  succeeded(operation: KafkaOperation): void;
  failed(operation: KafkaOperation, failure: Failure): void;
  /** No retry follows: the operation is not needed any more. */
  abandoned(operation: KafkaOperation): void;
}
