import { crc32c, murmur2, Writer } from '@platformatic/kafka';
import type { ProducerId } from './cluster.ts';
import type { Pending } from './queue.ts';
import type { EventRecord } from './record-log.ts';

/** Sequence numbers go from 0 to 2^31 - 1 and begin anew (Kafka's DefaultRecordBatch.incrementSequence). */
const SEQUENCES = 2 ** 31;
/** Of record format 2: https://kafka.apache.org/documentation/#recordbatch. */
const MAGIC = 2;
const BATCH_HEADER_BYTES = 61;
/** What stands before the part that `length` counts. */
const LENGTH_END = 12;
const CRC_START = 17;
const CRC_END = 21;
const NO_LEADER_EPOCH = -1;
/** Lengths, deltas and attributes of a record and of a header, each at its longest. */
const RECORD_OVERHEAD = 31;
const HEADER_OVERHEAD = 10;

/** At most how many bytes a record takes in a batch. */
export function recordBytes({ key, value, headers }: EventRecord): number {
  let bytes = RECORD_OVERHEAD + value.length + (key?.length ?? 0);
  for (const [name, content] of headers) bytes += HEADER_OVERHEAD + name.length + content.length;
  return bytes;
}

/**
 * The record batch as every attempt sends it. Written into one buffer: the client's own encoder makes a dozen for
 * each record, and copies them all three times.
 */
export function encodeBatch(entries: readonly Pending[], producer: ProducerId, sequence: number): Buffer {
  const most = entries.reduce((sum, { bytes }) => sum + bytes, BATCH_HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(most);
  const first = entries[0]?.timestamp ?? 0;
  let latest = first;
  let end = BATCH_HEADER_BYTES;
  for (const [index, { record, timestamp }] of entries.entries()) {
    end = writeRecord(buffer, end, record, timestamp - first, index);
    latest = Math.max(latest, timestamp);
  }
  const batch = buffer.subarray(0, end);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(end - LENGTH_END, 8);
  batch.writeInt32BE(NO_LEADER_EPOCH, LENGTH_END);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(0, CRC_END);
  batch.writeInt32BE(entries.length - 1, 23);
  batch.writeBigInt64BE(BigInt(first), 27);
  batch.writeBigInt64BE(BigInt(latest), 35);
  batch.writeBigInt64BE(producer.id, 43);
  batch.writeInt16BE(producer.epoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeInt32BE(entries.length, 57);
  // In this shape the client does not copy what it sums up.
  const summed = Writer.create().append(batch.subarray(CRC_END)).dynamicBuffer;
  batch.writeUInt32BE(crc32c(summed), CRC_START);
  return batch;
}

export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % SEQUENCES;
}

/** The partition that every Kafka client with the default partitioner takes for this key. */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** @returns where the record ends */
function writeRecord(
  buffer: Buffer,
  start: number,
  { key, value, headers }: EventRecord,
  timestampDelta: number,
  offsetDelta: number,
): number {
  let bytes = 1 + varintBytes(timestampDelta) + varintBytes(offsetDelta) + varintBytes(headers.size);
  bytes += key === undefined ? varintBytes(-1) : varintBytes(key.length) + key.length;
  bytes += varintBytes(value.length) + value.length;
  for (const [name, content] of headers) {
    bytes += varintBytes(name.length) + name.length + varintBytes(content.length) + content.length;
  }
  let at = writeVarint(buffer, start, bytes);
  buffer[at++] = 0;
  at = writeVarint(buffer, at, timestampDelta);
  at = writeVarint(buffer, at, offsetDelta);
  at = key === undefined ? writeVarint(buffer, at, -1) : writeBytes(buffer, at, key);
  at = writeBytes(buffer, at, value);
  at = writeVarint(buffer, at, headers.size);
  for (const [name, content] of headers) at = writeBytes(buffer, writeBytes(buffer, at, name), content);
  return at;
}

function writeBytes(buffer: Buffer, start: number, bytes: Buffer): number {
  const at = writeVarint(buffer, start, bytes.length);
  return at + bytes.copy(buffer, at);
}

/** Zigzag: small numbers of either sign become small ones without. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  // Not by bits: a clock that is set makes deltas of more than 32.
  for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128;
  buffer[at++] = rest;
  return at;
}
