import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { compressionsAlgorithms, crc32c, Reader } from '@platformatic/kafka';
import type { LogPosition } from '../chain-writer.ts';
import { MalformedRecordError, RecordReader, type KafkaRecord, type RecordBase } from './records.ts';

const HEADER_BYTES = 61;
/** What stands before the bytes that a batch's length counts. */
const PREFIX_BYTES = 12;
/** Where the checksummed part begins. */
const ATTRIBUTES_AT = 21;
const BASE_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;

const COMPRESSION_MASK = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A batch of records as it stands in the log, its records not yet read. */
export interface Batch {
  readonly baseOffset: number;
  /** The first offset after the batch, whatever compaction has left of it. */
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** Transaction markers: offsets without records. */
  readonly isControl: boolean;
  readonly attributes: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly count: number;
  readonly payload: Buffer;
}

/** A batch that cannot be read, whoever asks for it: a stop, not a retry. */
export class UnreadableBatchError extends Error {
  override readonly name = 'UnreadableBatchError';
  readonly baseOffset: number;
  readonly nextOffset: number;

  constructor(baseOffset: number, nextOffset: number, problem: string, cause?: unknown) {
    super(`batch at offset ${baseOffset} to ${nextOffset}: ${problem}`, { cause });
    this.baseOffset = baseOffset;
    this.nextOffset = nextOffset;
  }
}

/**
 * Walks the batches of a fetched stretch of log, each with its checksum verified. A last batch that the broker
 * cut short is left out.
 *
 * @throws {UnreadableBatchError} where the checksum differs or the format is older than Kafka 0.11
 */
export function* readBatches(log: Buffer): Generator<Batch> {
  for (let at = 0, length; (length = wholeBytes(log, at)) !== undefined; at += length) {
    if (length < HEADER_BYTES) {
      const baseOffset = offsetAt(log, at);
      throw new UnreadableBatchError(baseOffset, baseOffset + 1, `length ${length} is below its header's`);
    }
    yield readBatch(log.subarray(at, at + length));
  }
}

/**
 * Where the log goes on after the batches of a fetched stretch, by their headers alone; `undefined` where it holds no
 * whole batch, or one that {@link readBatches} refuses for its length.
 */
export function endOfBatches(log: Buffer): LogPosition | undefined {
  let end: LogPosition | undefined;
  for (let at = 0, length; (length = wholeBytes(log, at)) !== undefined; at += length) {
    if (length < HEADER_BYTES) return undefined;
    end = { offset: nextOffsetAt(log, at), leaderEpoch: leaderEpochAt(log, at) };
  }
  return end;
}

/** Of the first record of the first batch, by its header alone; `undefined` where the header is not whole. */
export function timestampOfFirstBatch(log: Buffer): number | undefined {
  if (log.length < HEADER_BYTES) return undefined;
  const attributes = log.readInt16BE(ATTRIBUTES_AT);
  return Number(log.readBigInt64BE((attributes & APPEND_TIME) === 0 ? BASE_TIMESTAMP_AT : MAX_TIMESTAMP_AT));
}

/** Of the batch that begins there, as it says itself; `undefined` where the broker cut it short. */
function wholeBytes(log: Buffer, at: number): number | undefined {
  if (log.length - at < HEADER_BYTES) return undefined;
  const length = log.readInt32BE(at + 8) + PREFIX_BYTES;
  return log.length - at < length ? undefined : length;
}

function readBatch(bytes: Buffer): Batch {
  const baseOffset = offsetAt(bytes, 0);
  const nextOffset = nextOffsetAt(bytes, 0);
  const magic = bytes.readInt8(16);
  if (magic !== 2)
    throw new UnreadableBatchError(baseOffset, nextOffset, `record format ${magic}, 2 is read`);
  const expected = bytes.readUInt32BE(17);
  // Wrapped, since it copies a plain buffer.
  const found = crc32c(Reader.from(bytes.subarray(ATTRIBUTES_AT)).buffer);
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
    baseTimestamp: Number(bytes.readBigInt64BE(BASE_TIMESTAMP_AT)),
    maxTimestamp: Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT)),
    producerId: bytes.readBigInt64BE(43),
    count: bytes.readInt32BE(57),
    payload: bytes.subarray(HEADER_BYTES),
  };
}

/**
 * The records of a batch, decompressed off the main thread where Node can.
 *
 * @param maxBytes what the records may take when decompressed
 * @throws {UnreadableBatchError}
 */
export async function openBatch(batch: Batch, maxBytes: number): Promise<BatchRecords> {
  try {
    return new BatchRecords(batch, await decompress(batch, maxBytes));
  } catch (error) {
    throw unreadable(batch, error);
  }
}

/** The records of an open batch, in order: a {@link RecordReader} whose errors name the batch. */
export class BatchRecords {
  /** Of all of them. */
  readonly bytes: number;
  readonly #batch: Batch;
  readonly #reader: RecordReader;

  constructor(batch: Batch, bytes: Buffer) {
    this.bytes = bytes.length;
    this.#batch = batch;
    this.#reader = new RecordReader(bytes, {
      baseOffset: batch.baseOffset,
      baseTimestamp: batch.baseTimestamp,
      appendTimestamp: (batch.attributes & APPEND_TIME) === 0 ? undefined : batch.maxTimestamp,
      count: batch.count,
    });
  }

  get base(): RecordBase {
    return this.#reader.base;
  }

  get left(): number {
    return this.#reader.left;
  }

  get rest(): Buffer {
    return this.#reader.rest;
  }

  skip(records: number, bytes: number): void {
    this.#reader.skip(records, bytes);
  }

  /** @throws {UnreadableBatchError} */
  next(): KafkaRecord {
    try {
      return this.#reader.next();
    } catch (error) {
      throw unreadable(this.#batch, error);
    }
  }

  /** @throws {UnreadableBatchError} */
  end(): void {
    try {
      this.#reader.end();
    } catch (error) {
      throw unreadable(this.#batch, error);
    }
  }
}

const inflateGzip = promisify(gunzip);
const inflateZstd = promisify(zstdDecompress);

async function decompress({ attributes, payload }: Batch, maxOutputLength: number): Promise<Buffer> {
  const bytes = await inflate(attributes & COMPRESSION_MASK, payload, maxOutputLength);
  if (bytes.length > maxOutputLength) {
    throw new MalformedRecordError(`${bytes.length} bytes decompressed, ${maxOutputLength} are allowed`);
  }
  return bytes;
}

async function inflate(codec: number, payload: Buffer, maxOutputLength: number): Promise<Buffer> {
  switch (codec) {
    case 0:
      return payload;
    case 1:
      return inflateGzip(payload, { maxOutputLength });
    case 2:
      return compressionsAlgorithms.snappy.decompressSync(payload);
    case 3:
      return compressionsAlgorithms.lz4.decompressSync(payload);
    case 4:
      return inflateZstd(payload, { maxOutputLength });
    default:
      throw new MalformedRecordError(`unknown compression ${codec}`);
  }
}

function unreadable(batch: Batch, error: unknown): UnreadableBatchError {
  const problem = error instanceof Error ? error.message : String(error);
  return new UnreadableBatchError(batch.baseOffset, batch.nextOffset, problem, error);
}

function offsetAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at));
}

function nextOffsetAt(bytes: Buffer, at: number): number {
  return offsetAt(bytes, at) + bytes.readInt32BE(at + 23) + 1;
}

function leaderEpochAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 12);
}
