/** One record of a partition's log. */
export interface KafkaRecord {
  readonly offset: number;
  /** Milliseconds since the epoch; -1 if the record has none. Kafka does not check it: it may be any 64-bit number. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  /** `null` for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface RecordHeader {
  readonly name: Buffer;
  readonly value: Buffer | null;
}

const MAX_KEY_BYTES = 1024 * 1024;
/** Limits the objects that the headers of one record become, each a hundred times as large as the smallest header. */
const MAX_HEADERS = 10_000;
/** Headers may take six times as much in an NDJSON line. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** The bytes do not match the record format, or exceed a limit. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError';
}

/** What the records of a batch are encoded relative to. */
export interface RecordBase {
  readonly baseOffset: number;
  readonly baseTimestamp: bigint;
  /** Timestamp of the append if the topic uses LogAppendTime. */
  readonly appendTimestamp: bigint | undefined;
  readonly count: number;
}

/**
 * Reads the records of one batch, one at a time. Records share memory with `bytes`.
 * Format: https://kafka.apache.org/documentation/#recordbatch
 */
export class RecordReader {
  readonly base: RecordBase;
  #bytes: Buffer;
  #cursor: Cursor;
  #left: number;

  constructor(bytes: Buffer, base: RecordBase) {
    this.base = base;
    this.#bytes = bytes;
    this.#cursor = new Cursor(bytes);
    this.#left = base.count;
  }

  /** Number of unread records. */
  get left(): number {
    return this.#left;
  }

  /** Unread bytes. */
  get rest(): Buffer {
    return this.#bytes.subarray(this.#cursor.position);
  }

  /** Size of the next record with its length field; `undefined` if the length field is cut short. */
  get nextBytes(): number | undefined {
    return this.#cursor.lengthOfField();
  }

  /** Continues in another buffer, which must start with {@link rest}. */
  continueIn(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#cursor = new Cursor(bytes);
  }

  /** Skips records that were read by other code. */
  skip(records: number, bytes: number): void {
    this.#cursor.skip(bytes);
    this.#left -= records;
  }

  /** Requires {@link left} above 0. @throws {MalformedRecordError} */
  next(): KafkaRecord {
    const cursor = this.#cursor;
    const { base } = this;
    const length = cursor.varint();
    const end = cursor.position + length;
    if (length < 0 || end > this.#bytes.length) throw new MalformedRecordError(`record of ${length} bytes`);
    cursor.skip(1);
    const timestampDelta = cursor.varlong();
    const offsetDelta = cursor.varint();
    const key = cursor.bytes();
    if (key !== null && key.length > MAX_KEY_BYTES) {
      throw new MalformedRecordError(`key of ${key.length} bytes, ${MAX_KEY_BYTES} are allowed`);
    }
    const value = cursor.bytes();
    const headers: RecordHeader[] = [];
    const headersAt = cursor.position;
    const count = cursor.varint();
    if (count > MAX_HEADERS || end - headersAt > MAX_HEADER_BYTES) {
      throw new MalformedRecordError(
        `${count} headers of ${end - headersAt} bytes, ${MAX_HEADERS} of ${MAX_HEADER_BYTES} are allowed`,
      );
    }
    for (let left = count; left > 0; left--) {
      const name = cursor.bytes();
      if (name === null) throw new MalformedRecordError('header without a name');
      headers.push({ name, value: cursor.bytes() });
    }
    if (cursor.position !== end) {
      throw new MalformedRecordError(`record of ${length} bytes ends ${cursor.position - end} beyond`);
    }
    this.#left -= 1;
    return {
      offset: base.baseOffset + offsetDelta,
      timestamp: base.appendTimestamp ?? BigInt.asIntN(64, base.baseTimestamp + timestampDelta),
      key,
      value,
      headers,
    };
  }

  /** @throws {MalformedRecordError} if bytes follow the last record */
  end(): void {
    const bytes = this.#bytes.length - this.#cursor.position;
    if (bytes !== 0) throw new MalformedRecordError(`${bytes} bytes after the last record`);
  }
}

class Cursor {
  readonly #bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.position += count;
  }

  /** Size of a length field and its content, without moving; `undefined` if the length is cut short. */
  lengthOfField(): number | undefined {
    const { position } = this;
    try {
      const length = this.varint();
      return this.position - position + length;
    } catch {
      return undefined;
    } finally {
      this.position = position;
    }
  }

  /** A zigzag varint of 64 bits. */
  varlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.position++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n));
    }
    throw new MalformedRecordError('number without an end');
  }

  /** A zigzag varint of a length or an offset. Valid ones are below 2^53; above that the low bits are lost. */
  varint(): number {
    const first = this.#bytes[this.position];
    // Most take one byte: lengths of headers, and deltas of time and offset within a batch.
    if (first !== undefined && first < 0x80) {
      this.position += 1;
      return first % 2 === 0 ? first / 2 : -(first + 1) / 2;
    }
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= 10; length++) {
      const byte = this.#bytes[this.position++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 0x80;
    }
    throw new MalformedRecordError('number without an end');
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length === -1) return null;
    const end = this.position + length;
    if (length < 0 || end > this.#bytes.length) throw new MalformedRecordError(`field of ${length} bytes`);
    const bytes = this.#bytes.subarray(this.position, end);
    this.position = end;
    return bytes;
  }
}
