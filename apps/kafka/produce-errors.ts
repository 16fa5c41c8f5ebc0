import { errorName } from './errors.ts';

/**
 * What an error code of a Produce response means for the batch.
 *
 * - `outcome`: `not-stored` if the broker returns the code before it appends; `unknown` if the batch may be in the log.
 * - `next`: `retry` the same batch; `split` it, since one of its records is at fault; `stop`, since a retry would fail
 *   as well.
 */
export interface ProduceErrorClass {
  readonly outcome: 'not-stored' | 'unknown';
  readonly next: 'retry' | 'split' | 'stop';
  readonly why: string;
}

const retry = (why: string): ProduceErrorClass => ({ outcome: 'not-stored', next: 'retry', why });
const split = (why: string): ProduceErrorClass => ({ outcome: 'not-stored', next: 'split', why });
const stop = (why: string): ProduceErrorClass => ({ outcome: 'not-stored', next: 'stop', why });
const unknownRetry = (why: string): ProduceErrorClass => ({ outcome: 'unknown', next: 'retry', why });
const unknownStop = (why: string): ProduceErrorClass => ({ outcome: 'unknown', next: 'stop', why });

/**
 * Keyed by the names in Kafka's Errors.java. These are the codes that ReplicaManager.appendToLocalLog, DelayedProduce
 * and KafkaApis.handleProduceRequest return; any other code is {@link unforeseen}.
 */
const classes: Readonly<Record<string, ProduceErrorClass>> = {
  UNKNOWN_SERVER_ERROR: unknownRetry('an exception in the broker, before or after the append'),
  CORRUPT_MESSAGE: retry('the checksum failed on arrival'),
  UNKNOWN_TOPIC_OR_PARTITION: retry('the broker has not heard of the partition (yet)'),
  LEADER_NOT_AVAILABLE: retry('an election is under way'),
  NOT_LEADER_OR_FOLLOWER: retry('the leader has moved'),
  REQUEST_TIMED_OUT: unknownRetry('appended by the leader, not yet by every in-sync replica'),
  BROKER_NOT_AVAILABLE: retry('the leader is not alive'),
  REPLICA_NOT_AVAILABLE: retry('the replica is not there (yet)'),
  MESSAGE_TOO_LARGE: split('above max.message.bytes of the topic'),
  NETWORK_EXCEPTION: unknownRetry('the connection broke'),
  INVALID_TOPIC_EXCEPTION: stop('the topic may not be written'),
  RECORD_LIST_TOO_LARGE: split('above segment.bytes of the topic'),
  NOT_ENOUGH_REPLICAS: retry('fewer in-sync replicas than min.insync.replicas'),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: unknownRetry('appended, then fewer in-sync replicas than required'),
  INVALID_REQUIRED_ACKS: stop('acks is checked before the append'),
  TOPIC_AUTHORIZATION_FAILED: stop('the principal may not write the topic'),
  CLUSTER_AUTHORIZATION_FAILED: stop('the principal may not write idempotently'),
  INVALID_TIMESTAMP: split('a timestamp is too far from the broker’s clock'),
  UNSUPPORTED_VERSION: stop('the broker does not speak this version'),
  INVALID_REQUEST: stop('the request is checked before the append'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: stop('the topic’s message format has no idempotence'),
  POLICY_VIOLATION: stop('a policy of the cluster forbids it'),
  OUT_OF_ORDER_SEQUENCE_NUMBER: unknownStop('the broker’s state of the producer id does not fit ours'),
  // Expected only after an attempt with the same batch; the producer then treats it as success.
  DUPLICATE_SEQUENCE_NUMBER: unknownStop('a batch with this sequence number is in the log already'),
  INVALID_PRODUCER_EPOCH: unknownStop('the producer id was taken over'),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: stop('checked before the append'),
  SECURITY_DISABLED: stop('checked before the append'),
  KAFKA_STORAGE_ERROR: unknownRetry('the disk failed, perhaps in the append'),
  UNKNOWN_PRODUCER_ID: unknownStop('the broker has lost the producer id'),
  FENCED_LEADER_EPOCH: retry('the leader has moved'),
  UNKNOWN_LEADER_EPOCH: retry('the broker does not know the election yet'),
  UNSUPPORTED_COMPRESSION_TYPE: stop('checked before the append'),
  INVALID_RECORD: split('a record was not allowed, as one without a key in a compacted topic'),
  THROTTLING_QUOTA_EXCEEDED: retry('a quota is spent'),
  PRODUCER_FENCED: unknownStop('the producer id was taken over'),
  UNKNOWN_TOPIC_ID: retry('the broker has not heard of the topic (yet)'),
};

const unforeseen = unknownRetry('not a known error of Produce');

/** Every error with an entry of its own. */
export const classifiedErrors: readonly string[] = Object.keys(classes);

/**
 * Classifies the response for one partition.
 *
 * A base offset beside an error means that the leader has appended the batch, and failed while it waited for the
 * replicas: DelayedProduce returns NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION and others after an append. Only
 * an error without an offset (-1) proves that the batch was not stored.
 */
export function classify(errorCode: number, baseOffset: bigint): ProduceErrorClass {
  const errorClass = classes[errorName(errorCode)] ?? unforeseen;
  if (baseOffset < 0n || errorClass.outcome === 'unknown') return errorClass;
  return errorClass.next === 'retry' ? { ...errorClass, outcome: 'unknown' } : unknownStop(errorClass.why);
}
