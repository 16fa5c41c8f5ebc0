/**
 * How many buffers of a record's size its delivery leaves to V8's collector: its batch, and the copy that the Kafka client
 * makes of that.
 */
export const COPIES_OF_RECORD = 2;
/** Of records that fill batches: the buffer of such a batch is used again. */
export const COPIES_OF_RUN = 1;

/** One Kafka record, before it has a partition. */
export interface EventRecord {
  /** Decides the partition; records of one key keep their order. */
  readonly key?: Buffer;
  readonly value: Buffer;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
}

/** What records that come together have in common. */
export interface RecordHead {
  readonly key: Buffer | undefined;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
  /** The name of one header more, the last, whose value is the number of the record. */
  readonly numberedBy?: Buffer;
}

/** A head that the log has prepared once for all its records; only the log that made it can read it. */
export interface RecordTemplate {
  /** At most how many bytes a record takes beside its value. */
  readonly bytes: number;
}

/** Records that came together. */
export interface RecordRun {
  readonly template: RecordTemplate;
  /** What the values lie in, and where: `[start, end, start, end, …]`. */
  readonly source: Buffer;
  readonly bounds: readonly number[];
  /** The number of each, where the head names a header for it; else none. */
  readonly numbers: readonly number[];
}

/**
 * Hears what became of the records `from` up to `to`, without that. Where they are stored, `outcome` is where the first
 * stands: each further one has the next offset, and `null` where that has it.
 */
export type Settled = (from: number, to: number, outcome: StoredRecord | DeliveryError) => void;

/** Where an acknowledged record stands. */
export interface StoredRecord {
  readonly partition: number;
  /** `null` where the broker knows that it has the record but no longer where. */
  readonly offset: number | null;
  /** Milliseconds since 1970: when the record was taken, or the broker's time where the topic says so. */
  readonly timestamp: number;
}

/**
 * What is known of a record that was not acknowledged:
 * - `not-stored`: it is not in the log and never will be; `queue-full` is the same, decided at once;
 * - `unknown`: it may be in the log;
 * - `too-large`, `invalid-record`: not in the log, and the broker will refuse the same record again.
 */
export type Failure = 'not-stored' | 'queue-full' | 'unknown' | 'too-large' | 'invalid-record';

export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly failure: Failure;

  constructor(failure: Failure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** What the HTTP side needs of Kafka. */
export interface RecordLog {
  readonly topic: string;
  /** Why no record can be taken now; `undefined` where records are taken. */
  notReady(): string | undefined;
  /**
   * Resolves once every in-sync replica has the record.
   *
   * @throws {DeliveryError} (rejects) with what is known of the record's fate
   */
  append(record: EventRecord): Promise<StoredRecord>;
  /** Prepares what the records of a run have in common. */
  template(head: RecordHead): RecordTemplate;
  /**
   * Takes all of the records or none. Calls `settled` once for each, together with its neighbours where their fate is
   * one: a promise and its closures for each are more for the garbage collector than the records. At once where none is taken.
   */
  appendAll(run: RecordRun, settled: Settled): void;
}
