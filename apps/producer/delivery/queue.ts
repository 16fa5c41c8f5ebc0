import {
  batchBytes,
  recordsOf,
  valueBytes,
  type RecordRun,
  type RecordSlice,
} from '../../kafka/records/record-run.ts';
import { DeliveryError, type StoredRecord } from './record-log.ts';

/** Queued records that were appended together. Times are as of `performance.now()`. */
export interface Pending {
  readonly run: RecordRun;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly arrival: number;
  readonly deadline: number;
  /** Called with the outcome of each slice: the position of its first record, or an error. */
  readonly settle: (slice: Slice, outcome: StoredRecord | DeliveryError) => void;
}

export interface Slice extends RecordSlice {
  readonly pending: Pending;
}

export function slice(pending: Pending, from: number, to: number): Slice {
  return { pending, from, to, bytes: batchBytes(pending.run, from, to) };
}

/** Splits slices after this number of records. */
export function divide(slices: readonly Slice[], records: number): [Slice[], Slice[]] {
  const first: Slice[] = [];
  const rest: Slice[] = [];
  let left = records;
  for (const { pending, from, to } of slices) {
    const middle = Math.min(to, from + left);
    left -= middle - from;
    if (middle > from) first.push(slice(pending, from, middle));
    if (to > middle) rest.push(slice(pending, middle, to));
  }
  return [first, rest];
}

/** Records in order of arrival. */
export class Queue {
  /** Entries are cleared as soon as they are taken: an array in the old generation would promote them as garbage. */
  #items: (Pending | undefined)[] = [];
  #head = 0;
  /** Number of records of the first run that were taken already. */
  #gone = 0;
  #length = 0;
  #bytes = 0;

  /** Number of records. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): Pending | undefined {
    return this.#items[this.#head];
  }

  push(pending: Pending, bytes: number): void {
    this.#items.push(pending);
    this.#length += recordsOf(pending.run);
    this.#bytes += bytes;
  }

  /** Refuses runs from the front while they match. */
  refuse(why: string, isOneOfThose: (first: Pending) => boolean = () => true): void {
    while (this.first !== undefined && isOneOfThose(this.first)) {
      const rest = this.take(Infinity, Infinity);
      if (rest !== undefined) rest.pending.settle(rest, new DeliveryError('not-stored', why));
    }
  }

  /** Takes records of the first run, as many as fit. */
  take(maxRecords: number, maxBytes: number): Slice | undefined {
    const pending = this.first;
    if (pending === undefined) return undefined;
    const { run } = pending;
    const from = this.#gone;
    const records = recordsOf(run);
    const last = Math.min(records, from + maxRecords);
    let to = from;
    let bytes = 0;
    for (; to < last; to++) {
      const more = run.template.bytes + valueBytes(run, to);
      if (bytes + more > maxBytes) break;
      bytes += more;
    }
    if (to === from) return undefined;
    this.#gone = to;
    this.#length -= to - from;
    this.#bytes -= bytes;
    if (to === records) this.#next();
    return { pending, from, to, bytes };
  }

  #next(): void {
    this.#gone = 0;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length || this.#head > 4_096) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** Takes a batch from both queues, oldest records first: within the limits, or a single larger record. */
export function takeBatch(
  keyed: Queue,
  keyless: Queue | undefined,
  { batchMaxRecords, batchMaxBytes }: { readonly batchMaxRecords: number; readonly batchMaxBytes: number },
): Slice[] {
  const batch: Slice[] = [];
  let records = 0;
  let bytes = 0;
  while (records < batchMaxRecords) {
    const older =
      (keyless?.first?.arrival ?? Infinity) < (keyed.first?.arrival ?? Infinity) ? keyless : keyed;
    const taken =
      older?.take(batchMaxRecords - records, batchMaxBytes - bytes) ??
      (records === 0 ? older?.take(1, Infinity) : undefined);
    if (taken === undefined) break;
    batch.push(taken);
    records += taken.to - taken.from;
    bytes += taken.bytes;
  }
  return batch;
}
