import type { EncodedTemplate } from './encoded-template.ts';

/** Records that were appended together and share a template. */
export interface RecordRun {
  readonly template: EncodedTemplate;
  /**
   * Buffer with all values; `bounds` is `[start, end, start, end, …]`. A Buffer object for each value would cost about
   * a hundred bytes of heap, for thousands of records in flight.
   */
  readonly source: Buffer;
  readonly bounds: readonly number[];
  /** Number of each record if the template is numbered; else empty. */
  readonly numbers: readonly number[];
}

/** The records [from, to) of a run, which go into the same batch. */
export interface RecordSlice {
  readonly pending: {
    readonly run: RecordRun;
    /** Milliseconds since the epoch. */
    readonly timestamp: number;
  };
  readonly from: number;
  readonly to: number;
  /** Largest size of these records in a batch. */
  readonly bytes: number;
}

export function recordsOf({ bounds }: RecordRun): number {
  return bounds.length / 2;
}

export function valueBytes({ bounds }: RecordRun, index: number): number {
  return (bounds[2 * index + 1] ?? 0) - (bounds[2 * index] ?? 0);
}

/** Largest size of the records [from, to) in a batch. */
export function batchBytes(run: RecordRun, from: number, to: number): number {
  let bytes = (to - from) * run.template.bytes;
  for (let index = from; index < to; index++) bytes += valueBytes(run, index);
  return bytes;
}

export function countRecords(slices: readonly RecordSlice[]): number {
  return slices.reduce((sum, { from, to }) => sum + to - from, 0);
}
