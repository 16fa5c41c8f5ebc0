import { checksum } from '../client.ts';
import type { LogPosition } from '../log-position.ts';
import {
  ATTRIBUTES_AT,
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
  PRODUCER_ID_AT,
} from './batch-header.ts';
import { BatchRecords, UnreadableBatchError, type RecordMemory } from './batch-records.ts';
import { inflate } from './inflate/inflate.ts';

const COMPRESSION_MASK = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A record batch of the log, not decoded yet. */
export interface Batch {
  readonly baseOffset: number;
  /** First offset after the batch, even if compaction has removed its last records. */
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** A batch of transaction markers: it takes offsets but has no records. */
  readonly isControl: boolean;
  readonly attributes: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly count: number;
  readonly payload: Buffer;
}

/**
 * Iterates over the batches of a fetched part of the log, and verifies their checksums. Skips a last batch that the
 * broker cut short.
 *
 * @throws {UnreadableBatchError} if a checksum does not match, or the format is older than that of Kafka 0.11
 */
export function* readBatches(log: Buffer): Generator<Batch> {
  for (let at = 0, length; (length = wholeBytes(log, at)) !== undefined; at += length) {
    if (length < BATCH_HEADER_BYTES) {
      const baseOffset = offsetAt(log, at);
      throw new UnreadableBatchError(baseOffset, baseOffset + 1, `length ${length} is below its header's`);
    }
    yield readBatch(log.subarray(at, at + length));
  }
}

/**
 * Position after the batches of a fetched part of the log, from their headers; `undefined` if it has no whole batch, or
 * one with a length that {@link readBatches} refuses.
 */
export function endOfBatches(log: Buffer): LogPosition | undefined {
  let end: LogPosition | undefined;
  for (let at = 0, length; (length = wholeBytes(log, at)) !== undefined; at += length) {
    if (length < BATCH_HEADER_BYTES) return undefined;
    end = { offset: nextOffsetAt(log, at), leaderEpoch: leaderEpochAt(log, at) };
  }
  return end;
}

/** Timestamp of the first record, from the header of the first batch; `undefined` if the header is cut short. */
export function timestampOfFirstBatch(log: Buffer): number | undefined {
  if (log.length < BATCH_HEADER_BYTES) return undefined;
  const attributes = log.readInt16BE(ATTRIBUTES_AT);
  return Number(log.readBigInt64BE((attributes & APPEND_TIME) === 0 ? BASE_TIMESTAMP_AT : MAX_TIMESTAMP_AT));
}

/** Size of the batch at this position, from its header; `undefined` if the broker cut it short. */
function wholeBytes(log: Buffer, at: number): number | undefined {
  if (log.length - at < BATCH_HEADER_BYTES) return undefined;
  const length = log.readInt32BE(at + LENGTH_AT) + LEADER_EPOCH_AT;
  return log.length - at < length ? undefined : length;
}

function readBatch(bytes: Buffer): Batch {
  const baseOffset = offsetAt(bytes, 0);
  const nextOffset = nextOffsetAt(bytes, 0);
  if (!Number.isSafeInteger(nextOffset)) {
    throw new UnreadableBatchError(
      baseOffset,
      nextOffset,
      `offsets up to ${Number.MAX_SAFE_INTEGER} are read`,
    );
  }
  const magic = bytes.readInt8(MAGIC_AT);
  if (magic !== MAGIC)
    throw new UnreadableBatchError(baseOffset, nextOffset, `record format ${magic}, ${MAGIC} is read`);
  const expected = bytes.readUInt32BE(CHECKSUM_AT);
  const found = checksum(bytes.subarray(ATTRIBUTES_AT));
  if (found !== expected) {
    throw new UnreadableBatchError(
      baseOffset,
      nextOffset,
      `checksum is ${found}, its header says ${expected}`,
    );
  }
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  return {
    baseOffset,
    nextOffset,
    leaderEpoch: leaderEpochAt(bytes, 0),
    attributes,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    baseTimestamp: bytes.readBigInt64BE(BASE_TIMESTAMP_AT),
    maxTimestamp: bytes.readBigInt64BE(MAX_TIMESTAMP_AT),
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT),
    count: bytes.readInt32BE(COUNT_AT),
    payload: bytes.subarray(BATCH_HEADER_BYTES),
  };
}

/**
 * Opens a batch to read its records; decompresses them while they are read.
 *
 * @throws {UnreadableBatchError}
 */
export function openBatch(batch: Batch, memory: RecordMemory): BatchRecords {
  const { attributes, payload, baseOffset, nextOffset, baseTimestamp, maxTimestamp, count } = batch;
  const base = {
    baseOffset,
    baseTimestamp,
    appendTimestamp: (attributes & APPEND_TIME) === 0 ? undefined : maxTimestamp,
    count,
  };
  try {
    const { maxRecordBytes, buffers } = memory;
    const inflation = inflate(attributes & COMPRESSION_MASK, payload, maxRecordBytes, buffers);
    return new BatchRecords(batch, base, inflation ?? payload, memory);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UnreadableBatchError(baseOffset, nextOffset, problem, error);
  }
}

function offsetAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at));
}

function nextOffsetAt(bytes: Buffer, at: number): number {
  return offsetAt(bytes, at) + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1;
}

function leaderEpochAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + LEADER_EPOCH_AT);
}
