import { checksum, murmur2 } from '../client.ts';
import { decimalDigits, writeDecimal } from '../../service/decimal.ts';
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  CHECKSUM_AT,
  COUNT_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  SEQUENCE_AT,
} from './batch-header.ts';
import { countRecords, valueBytes, type RecordRun, type RecordSlice } from './record-run.ts';
import { varintBytes, writeBytes, writeVarint } from './varint.ts';

/** Sequence numbers run from 0 to 2^31 - 1 and wrap around (Kafka's DefaultRecordBatch.incrementSequence). */
const SEQUENCES = 2 ** 31;
const NO_LEADER_EPOCH = -1;

/** Identifies the batches of one producer to the broker. */
export interface ProducerId {
  readonly id: bigint;
  readonly epoch: number;
}

/**
 * Encodes a record batch, which every attempt sends unchanged. Writes into one buffer; the client's own encoder makes a
 * dozen buffers for each record and copies all of them three times.
 */
export function encodeBatch(
  slices: readonly RecordSlice[],
  producer: ProducerId,
  sequence: number,
  allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes),
): Buffer {
  const most = slices.reduce((sum, { bytes }) => sum + bytes, BATCH_HEADER_BYTES);
  const buffer = allocate(most);
  const records = countRecords(slices);
  const first = slices[0]?.pending.timestamp ?? 0;
  let latest = first;
  let end = BATCH_HEADER_BYTES;
  let index = 0;
  for (const { pending, from, to } of slices) {
    const { run, timestamp } = pending;
    for (let at = from; at < to; at++) end = writeRecord(buffer, end, run, at, timestamp - first, index++);
    latest = Math.max(latest, timestamp);
  }
  const batch = buffer.subarray(0, end);
  batch.writeBigInt64BE(0n, BASE_OFFSET_AT);
  batch.writeInt32BE(end - LEADER_EPOCH_AT, LENGTH_AT);
  batch.writeInt32BE(NO_LEADER_EPOCH, LEADER_EPOCH_AT);
  batch.writeInt8(MAGIC, MAGIC_AT);
  batch.writeInt16BE(0, ATTRIBUTES_AT);
  batch.writeInt32BE(records - 1, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(first), BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(latest), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(producer.id, PRODUCER_ID_AT);
  batch.writeInt16BE(producer.epoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(sequence, SEQUENCE_AT);
  batch.writeInt32BE(records, COUNT_AT);
  batch.writeUInt32BE(checksum(batch.subarray(ATTRIBUTES_AT)), CHECKSUM_AT);
  return batch;
}

export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % SEQUENCES;
}

/** Partition of a key, as in the default partitioner of Kafka's clients. */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** @returns where the record ends */
function writeRecord(
  buffer: Buffer,
  start: number,
  run: RecordRun,
  index: number,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const { key, encoded, numberedBy } = run.template;
  const value = valueBytes(run, index);
  const number = run.numbers[index] ?? 0;
  const digits = numberedBy === undefined ? 0 : decimalDigits(number);
  let bytes = 1 + varintBytes(timestampDelta) + varintBytes(offsetDelta);
  bytes += key === undefined ? varintBytes(-1) : varintBytes(key.length) + key.length;
  bytes += varintBytes(value) + value + encoded.length;
  if (numberedBy !== undefined) bytes += varintBytes(digits) + digits;
  let at = writeVarint(buffer, start, bytes);
  buffer[at++] = 0;
  at = writeVarint(buffer, at, timestampDelta);
  at = writeVarint(buffer, at, offsetDelta);
  at = key === undefined ? writeVarint(buffer, at, -1) : writeBytes(buffer, at, key);
  at = writeVarint(buffer, at, value);
  at += run.source.copy(buffer, at, run.bounds[2 * index], run.bounds[2 * index + 1]);
  at += encoded.copy(buffer, at);
  return numberedBy === undefined
    ? at
    : writeDecimal(buffer, writeVarint(buffer, at, digits), number, digits);
}
