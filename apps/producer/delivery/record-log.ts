/**
 * Number of buffers of a record's size that a delivery leaves to the garbage collector: its batch, and the Kafka
 * client's copy of it.
 */
export const COPIES_OF_RECORD = 2;
/** The same for records that fill batches, whose buffer is reused. */
export const COPIES_OF_RUN = 1;

/** A Kafka record without a partition. */
export interface EventRecord {
  /** Selects the partition; records with the same key keep their order. */
  readonly key?: Buffer;
  readonly value: Buffer;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
}

/** Key and headers that the records of a run share. */
export interface RecordHead {
  readonly key: Buffer | undefined;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
  /** Name of an additional last header, whose value is the number of the record. */
  readonly numberedBy?: Buffer;
}

/** A {@link RecordHead} encoded once for all its records. Opaque outside of the log that made it. */
export interface RecordTemplate {
  /** Largest size of a record without its value. */
  readonly bytes: number;
}

/** Records that are appended together. */
export interface RecordRun {
  readonly template: RecordTemplate;
  /** Buffer with all values; `bounds` is `[start, end, start, end, …]`. */
  readonly source: Buffer;
  readonly bounds: readonly number[];
  /** Number of each record if the head has `numberedBy`; else empty. */
  readonly numbers: readonly number[];
}

/**
 * Called with the outcome of the records [from, to). If they are stored, `outcome` is the position of the first; the
 * rest follow at consecutive offsets, or have the offset `null` like the first.
 */
export type Settled = (from: number, to: number, outcome: StoredRecord | DeliveryError) => void;

/** Position of an acknowledged record. */
export interface StoredRecord {
  readonly partition: number;
  /** `null` if the broker has stored the record but does not know its offset any more. */
  readonly offset: number | null;
  /** Milliseconds since the epoch: the time of arrival, or the broker's time if the topic uses LogAppendTime. */
  readonly timestamp: number;
}

/**
 * Outcome of a record that was not acknowledged:
 * - `not-stored`: not in the log, and never will be; `queue-full`: the same, decided on arrival
 * - `unknown`: it may be in the log
 * - `too-large`, `invalid-record`: not in the log, and the broker would reject the same record again
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

/** The port of the HTTP side to Kafka. */
export interface RecordLog {
  readonly topic: string;
  /** Why no record is accepted now; `undefined` if records are accepted. */
  notReady(): string | undefined;
  /**
   * Resolves once every in-sync replica has the record.
   *
   * @throws {DeliveryError} (rejects) with the outcome
   */
  append(record: EventRecord): Promise<StoredRecord>;
  /** Encodes what the records of a run share. */
  template(head: RecordHead): RecordTemplate;
  /**
   * Accepts all records or none. Calls `settled` once for each range of records with the same outcome, and before it
   * returns if none is accepted. A promise and its closures for each record would cost the garbage collector more than
   * the records.
   */
  appendAll(run: RecordRun, settled: Settled): void;
}
