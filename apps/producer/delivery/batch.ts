import { createRecordsBatch, murmur2, NumericMap } from '@platformatic/kafka';
import type { ProducerId } from './cluster.ts';
import type { Pending } from './queue.ts';
import type { EventRecord } from './record-log.ts';

/** Sequence numbers go from 0 to 2^31 - 1 and begin anew (Kafka's DefaultRecordBatch.incrementSequence). */
const SEQUENCES = 2 ** 31;
/** Lengths, deltas and attributes of a record and of a header, each at its longest. */
const RECORD_OVERHEAD = 31;
const HEADER_OVERHEAD = 10;

/** At most how many bytes a record takes in a batch. */
export function recordBytes({ key, value, headers }: EventRecord): number {
  let bytes = RECORD_OVERHEAD + value.length + (key?.length ?? 0);
  for (const [name, content] of headers) bytes += HEADER_OVERHEAD + name.length + content.length;
  return bytes;
}

/** The record batch (format 2) as every attempt sends it. */
export function encodeBatch(entries: readonly Pending[], producer: ProducerId, sequence: number): Buffer {
  const messages = entries.map(({ record: { key, value, headers }, timestamp }) => ({
    topic: '',
    partition: 0,
    value,
    headers: headers as Map<Buffer, Buffer>,
    timestamp: BigInt(timestamp),
    ...(key && { key }),
  }));
  const sequences = new NumericMap([[':0', sequence]]);
  return createRecordsBatch(messages, { producerId: producer.id, producerEpoch: producer.epoch, sequences })
    .buffer;
}

export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % SEQUENCES;
}

/** The partition that every Kafka client with the default partitioner takes for this key. */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
