import { hash } from 'node:crypto';
import { attemptId } from './attempts.ts';
import type { StoredRecord } from './link.ts';

const VALUE = Buffer.from(',"value":');

/**
 * Reads one line of an object. The value is the last member and stands there as it was sent, so its bytes are
 * cut out, not parsed and printed again. The first `,"value":` is always the member itself: inside a JSON
 * string the quotes would be escaped.
 *
 * @throws SyntaxError or TypeError that says what is wrong with the line.
 */
export function readEnvelope(line: Buffer): StoredRecord {
  const envelope = JSON.parse(line.toString('utf8')) as unknown;
  if (!isEnvelope(envelope))
    throw new TypeError('offset, timestamp or headers are not as an envelope has them');
  const { offset, timestamp, headers, valueBase64 } = envelope;
  const value = valueBytes(line, valueBase64);
  const header = (name: string): string | undefined => {
    const encoded = headers.find(([found]) => found === name)?.[1];
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  };
  const requestId = header('request-id');
  return {
    offset,
    timestamp,
    ...(requestId === undefined ? {} : { attempt: attemptId(requestId, header('request-line')) }),
    ...(value === undefined ? {} : { sha256: hash('sha256', value) }),
  };
}

function valueBytes(line: Buffer, valueBase64: string | undefined): Buffer | undefined {
  if (valueBase64 !== undefined) return Buffer.from(valueBase64, 'base64');
  const at = line.indexOf(VALUE);
  return at === -1 ? undefined : line.subarray(at + VALUE.length, line.lastIndexOf('}'));
}

interface Envelope {
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly valueBase64?: string;
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { offset, timestamp, headers, valueBase64 } = value as Partial<Record<keyof Envelope, unknown>>;
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(timestamp) &&
    Array.isArray(headers) &&
    headers.every((header: unknown) => Array.isArray(header) && typeof header[0] === 'string') &&
    (valueBase64 === undefined || typeof valueBase64 === 'string')
  );
}
