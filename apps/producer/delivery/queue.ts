import {
  batchBytes,
  recordsOf,
  valueBytes,
  type RecordRun,
  type RecordSlice,
} from '../../kafka/records/record-run.ts';
import { DeliveryError, type StoredRecord } from './record-log.ts';

/** Records on their way that came together. Times are of `performance.now()`. */
export interface Pending {
  readonly run: RecordRun;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly arrival: number;
  readonly deadline: number;
  /** What became of some of the records: where the first of them stands, or why none is known to be stored. */
  readonly settle: (slice: Slice, outcome: StoredRecord | DeliveryError) => void;
}

export interface Slice extends RecordSlice {
  readonly pending: Pending;
}

export function slice(pending: Pending, from: number, to: number): Slice {
  return { pending, from, to, bytes: batchBytes(pending.run, from, to) };
}

/** The first so many records, and the rest. */
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
  /** What was handed out is let go at once: held by an array that is old, it would grow old too as garbage. */
  #items: (Pending | undefined)[] = [];
  #head = 0;
  /** How many records of the first run are gone already. */
  #gone = 0;
  #length = 0;
  #bytes = 0;

  /** In records. */
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

  /** Refuses the first run, and so on while the first is one of those. */
  refuse(why: string, isOneOfThose: (first: Pending) => boolean = () => true): void {
    while (this.first !== undefined && isOneOfThose(this.first)) {
      const rest = this.take(Infinity, Infinity);
      if (rest !== undefined) rest.pending.settle(rest, new DeliveryError('not-stored', why));
    }
  }

  /** Of the first run as much as fits. */
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

/** One batch of both queues, oldest first: within the bounds, or one record that is larger. */
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
