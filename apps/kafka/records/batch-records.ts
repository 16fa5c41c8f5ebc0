import type { Buffers } from './buffers.ts';
import type { Inflation } from './inflate/inflation.ts';
import { MalformedRecordError, RecordReader, type KafkaRecord, type RecordBase } from './records.ts';

const FIRST_WINDOW_BYTES = 128 * 1024;
const MAX_VARINT_BYTES = 10;

/** The batch is unreadable for any consumer: stop, do not retry. */
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

export interface RecordMemory {
  /** Largest size of a record, and of the window of its compression. */
  readonly maxRecordBytes: number;
  readonly buffers: Buffers;
}

export interface BatchRange {
  readonly baseOffset: number;
  readonly nextOffset: number;
}

/**
 * Records of an opened batch, in order: a {@link RecordReader} whose errors name the batch. Decompresses compressed
 * batches while they are read, into a window that holds whole records and little more.
 */
export class BatchRecords {
  readonly #batch: BatchRange;
  readonly #reader: RecordReader;
  readonly #inflation: Inflation | undefined;
  readonly #memory: RecordMemory;
  #window: Buffer | undefined;
  #isEnded: boolean;

  /** @param content the compressed content, or the bytes of all records */
  constructor(batch: BatchRange, base: RecordBase, content: Inflation | Buffer, memory: RecordMemory) {
    this.#batch = batch;
    this.#memory = memory;
    this.#isEnded = Buffer.isBuffer(content);
    this.#inflation = Buffer.isBuffer(content) ? undefined : content;
    this.#reader = new RecordReader(Buffer.isBuffer(content) ? content : Buffer.alloc(0), base);
  }

  /** Bytes in memory, without the batch itself. */
  get memoryBytes(): number {
    return (this.#window?.length ?? 0) + (this.#inflation?.memoryBytes ?? 0);
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

  /**
   * Must be called before each record: makes the whole next record available, in the memory of the one before.
   *
   * @returns a promise if more bytes must be decompressed first
   * @throws {UnreadableBatchError}
   */
  fill(): Promise<void> | undefined {
    const wanted = this.#wanted();
    return wanted === undefined ? undefined : this.#fill(wanted);
  }

  /** @throws {UnreadableBatchError} */
  next(): KafkaRecord {
    return this.#named(() => this.#reader.next());
  }

  /** @throws {UnreadableBatchError} if bytes follow the last record */
  async end(): Promise<void> {
    if (!this.#isEnded) await this.#fill(this.#reader.rest.length + 1);
    this.#named(() => this.#reader.end());
  }

  /** Frees its memory. No record may be read after that. */
  close(): void {
    this.#inflation?.close();
    if (this.#window !== undefined) this.#memory.buffers.give(this.#window);
    this.#window = undefined;
  }

  /** Number of bytes that the next record needs; `undefined` if they are available. */
  #wanted(): number | undefined {
    const bytes = this.#reader.nextBytes;
    const { maxRecordBytes } = this.#memory;
    if (bytes !== undefined && bytes > maxRecordBytes) {
      throw this.#unreadable(
        new MalformedRecordError(`record of ${bytes} bytes, ${maxRecordBytes} are allowed`),
      );
    }
    const { length } = this.#reader.rest;
    const isReadable = bytes === undefined ? length >= MAX_VARINT_BYTES : bytes <= length;
    return this.#isEnded || isReadable ? undefined : (bytes ?? length + 1);
  }

  async #fill(first: number): Promise<void> {
    for (let wanted: number | undefined = first; wanted !== undefined; wanted = this.#wanted()) {
      try {
        const piece = await this.#inflation?.next();
        if (piece === undefined) this.#isEnded = true;
        else this.#append(piece, wanted);
      } catch (error) {
        throw this.#unreadable(error);
      }
    }
  }

  #append(piece: Buffer, wanted: number): void {
    const { rest } = this.#reader;
    const { buffers } = this.#memory;
    const filled = rest.length + piece.length;
    let window = this.#window;
    if (window === undefined || window.length < filled) {
      window = buffers.take(Math.max(FIRST_WINDOW_BYTES, wanted + piece.length));
    }
    // A record of many pieces stays where it is.
    if (window !== this.#window || rest.byteOffset !== window.byteOffset) rest.copy(window);
    piece.copy(window, rest.length);
    if (this.#window !== undefined && window !== this.#window) buffers.give(this.#window);
    this.#window = window;
    this.#reader.continueIn(window.subarray(0, filled));
  }

  #named<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): UnreadableBatchError {
    if (error instanceof UnreadableBatchError) return error;
    const { baseOffset, nextOffset } = this.#batch;
    const problem = error instanceof Error ? error.message : String(error);
    return new UnreadableBatchError(baseOffset, nextOffset, problem, error);
  }
}
