import { hash } from 'node:crypto';
import { attemptId } from './attempts.ts';
import type { StoredRecord } from './segment.ts';

/** Headers of a record, from the producer. */
export const REQUEST_ID = 'request-id';
export const REQUEST_LINE = 'request-line';
const VALUE = Buffer.from(',"value":');
/** What every line begins with. Its numbers are of 64 bits, which `JSON.parse` would round. */
const HEAD = /^\{"offset":(\d{1,16}),"timestamp":(-?\d{1,19})[,}]/;
const HEAD_BYTES = 80;

/**
 * Reads one line of an object. The value is the last member and stands there as it was sent, but for a line break at its
 * end, so its bytes are cut out, not parsed and printed again. The first `,"value":` is always the member itself: inside a
 * JSON string the quotes would be escaped.
 *
 * @throws SyntaxError or TypeError that says what is wrong with the line.
 */
export function readEnvelope(line: Buffer): StoredRecord {
  const { envelope, ...position } = parse(line);
  const { id, line: batchLine } = requestOf(envelope);
  const value = valueBytes(line, envelope);
  return {
    ...position,
    ...(id === undefined ? {} : { attempt: attemptId(id, batchLine) }),
    ...(value === undefined ? {} : { sha256: hash('sha256', value) }),
  };
}

/** Where a record is in its partition, and which request brought it. */
export interface RecordOrigin extends Pick<StoredRecord, 'offset' | 'timestamp'>, RequestOfRecord {}

interface RequestOfRecord {
  /** Absent if the record does not come from a producer of this project. */
  readonly id: string | undefined;
  /** Number of its line in the upload of a batch, from 1; absent for a single upload. */
  readonly line: string | undefined;
}

/** Reads the position and the request of one line of an object, not its value. @throws as {@link readEnvelope} */
export function readOrigin(line: Buffer): RecordOrigin {
  const { envelope, ...position } = parse(line);
  return { ...position, ...requestOf(envelope) };
}

/**
 * What the line of a record of this request contains. Other lines may contain it too, in their values: {@link readOrigin}
 * decides.
 */
export function requestText(id: string): Buffer {
  return Buffer.from(`["${REQUEST_ID}","${Buffer.from(id).toString('base64')}"]`);
}

function parse(line: Buffer): { envelope: Envelope } & Pick<StoredRecord, 'offset' | 'timestamp'> {
  const envelope = JSON.parse(line.toString('utf8')) as unknown;
  const [, offset, timestamp] = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES)) ?? [];
  if (!isEnvelope(envelope) || timestamp === undefined) {
    throw new TypeError('offset, timestamp or headers are not as an envelope has them');
  }
  return { envelope, offset: Number(offset), timestamp: BigInt(timestamp) };
}

function requestOf({ headers }: Envelope): RequestOfRecord {
  const header = (name: string): string | undefined => {
    const encoded = headers.find(([found]) => found === name)?.[1];
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  };
  return { id: header(REQUEST_ID), line: header(REQUEST_LINE) };
}

function valueBytes(line: Buffer, { valueBase64, valueLineEnd }: Envelope): Buffer | undefined {
  if (valueBase64 !== undefined) return Buffer.from(valueBase64, 'base64');
  const at = line.indexOf(VALUE);
  if (at === -1) return undefined;
  const text = line.subarray(at + VALUE.length, line.lastIndexOf('}'));
  return valueLineEnd === undefined ? text : Buffer.concat([text, Buffer.from(valueLineEnd)]);
}

interface Envelope {
  readonly offset: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly valueBase64?: string;
  readonly valueLineEnd?: string;
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { offset, headers, valueBase64, valueLineEnd } = value as Partial<Record<keyof Envelope, unknown>>;
  return (
    Number.isSafeInteger(offset) &&
    Array.isArray(headers) &&
    headers.every((header: unknown) => Array.isArray(header) && typeof header[0] === 'string') &&
    (valueBase64 === undefined || typeof valueBase64 === 'string') &&
    (valueLineEnd === undefined || valueLineEnd === '\n' || valueLineEnd === '\r\n')
  );
}
