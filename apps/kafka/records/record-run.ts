import type { EncodedTemplate } from './encoded-template.ts';

/** Records that came together, and have in common what their template has. */
export interface RecordRun {
  readonly template: EncodedTemplate;
  /**
   * What the values lie in, and where: `[start, end, start, end, …]`. A Buffer for each is a hundred bytes that the
   * garbage collector carries along until the record is stored, of thousands at once.
   */
  readonly source: Buffer;
  readonly bounds: readonly number[];
  /** The number of each, where the template is numbered; else none. */
  readonly numbers: readonly number[];
}

/** Of a run the records from `from` up to `to`, without that: as many as one batch takes of it. */
export interface RecordSlice {
  readonly pending: {
    readonly run: RecordRun;
    /** Milliseconds since 1970. */
    readonly timestamp: number;
  };
  readonly from: number;
  readonly to: number;
  /** At most how many bytes they take in a batch. */
  readonly bytes: number;
}

export function recordsOf({ bounds }: RecordRun): number {
  return bounds.length / 2;
}

export function valueBytes({ bounds }: RecordRun, index: number): number {
  return (bounds[2 * index + 1] ?? 0) - (bounds[2 * index] ?? 0);
}

/** At most how many bytes the records from `from` up to `to` take in a batch. */
export function batchBytes(run: RecordRun, from: number, to: number): number {
  let bytes = (to - from) * run.template.bytes;
  for (let index = from; index < to; index++) bytes += valueBytes(run, index);
  return bytes;
}

export function countRecords(slices: readonly RecordSlice[]): number {
  return slices.reduce((sum, { from, to }) => sum + to - from, 0);
}
