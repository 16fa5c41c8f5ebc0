import type { BulkItem, ItemRefusal } from '../../search/bulk.ts';
import type { BulkFault } from '../../search/stand-in-search.ts';

/** Whole requests that a search cluster refuses for a while, or whose answers get lost. */
export const FAULTS: readonly BulkFault[] = [
  { kind: 'status', status: 400 },
  { kind: 'status', status: 413 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
  { kind: 'reset' },
  { kind: 'half-answer' },
  { kind: 'slow', ms: 2_000 },
];

/** Why a search cluster refuses single documents for a while, in the words of both products. */
export const PASSING: readonly ItemRefusal[] = [
  { status: 429, type: 'es_rejected_execution_exception', reason: 'rejected execution: queue is full' },
  { status: 429, type: 'rejected_execution_exception', reason: 'rejected execution: queue is full' },
  { status: 429, type: 'circuit_breaking_exception', reason: 'data for [indices] would be too large' },
  { status: 503, type: 'unavailable_shards_exception', reason: 'primary shard is not active' },
];

/** Why it refuses single documents for good. */
export const LASTING: ItemRefusal = {
  status: 400,
  type: 'mapper_parsing_exception',
  reason: "failed to parse field [x] of type [long] in document with id '1'",
};

/** Whether a document has a line whose number is a multiple. */
export function isEvery(nth: number, { source }: BulkItem): boolean {
  const number = numberOf(source?.['message']);
  return number !== undefined && number % nth === 0;
}

/** The number of a numbered line. */
export function numberOf(message: unknown): number | undefined {
  const [, digits] = /^line (\d+)\b/.exec(typeof message === 'string' ? message : '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}
