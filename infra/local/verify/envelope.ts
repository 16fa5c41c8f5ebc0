import { hash } from 'node:crypto';
import { attemptId } from './attempts.ts';
import type { StoredRecord } from './segment.ts';

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
  const envelope = JSON.parse(line.toString('utf8')) as unknown;
  const [, offset, timestamp] = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES)) ?? [];
  if (!isEnvelope(envelope) || timestamp === undefined) {
    throw new TypeError('offset, timestamp or headers are not as an envelope has them');
  }
  const { headers } = envelope;
  const value = valueBytes(line, envelope);
  const header = (name: string): string | undefined => {
    const encoded = headers.find(([found]) => found === name)?.[1];
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  };
  const requestId = header('request-id');
  return {
    offset: Number(offset),
    timestamp: BigInt(timestamp),
    ...(requestId === undefined ? {} : { attempt: attemptId(requestId, header('request-line')) }),
    ...(value === undefined ? {} : { sha256: hash('sha256', value) }),
  };
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
