import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Envelope } from '../delivery/envelope.ts';
import { Problem } from './problem.ts';

const CONTENT_TYPE = Buffer.from('content-type');
const REQUEST_ID = Buffer.from('request-id');
const REQUEST_LINE = Buffer.from('request-line');

/** The client's own X-Request-Id where it is 1 to 128 visible ASCII characters, else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && isRequestId(sent) ? sent : randomUUID();
}

export function isRequestId(sent: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(sent);
}

/** The bytes of a header as they were sent: Node decodes them as Latin-1. */
export const bytesOf = (header: string): Buffer => Buffer.from(header, 'latin1');

/** @throws {Problem} 400 where the header is empty or sent twice, since either could be a mistake about the key */
export function eventKey(request: IncomingMessage): Buffer | undefined {
  const key = request.headers['x-event-key'];
  if (key === undefined) return undefined;
  const sent = request.rawHeaders.filter(
    (text, index) => index % 2 === 0 && /^x-event-key$/i.test(text),
  ).length;
  if (sent === 1 && key !== '') return bytesOf(String(key));
  const got = sent === 1 ? 'an empty one' : `${sent} of them`;
  throw new Problem(
    400,
    'invalid_event_key',
    `X-Event-Key must be one header that is not empty, got ${got}`,
    'leave it out where the order of events does not matter',
  );
}

/**
 * What is wrong with the head of any request: 400 without a Host (RFC 9112, 3.2), 417 for every expectation but
 * `100-continue`, which is met when the body is wanted.
 */
export function headProblem({ headers, httpVersion }: IncomingMessage): Problem | undefined {
  const { host, expect } = headers;
  if (host === undefined && httpVersion === '1.1') {
    return new Problem(400, 'malformed_request', 'the request must have a Host header', 'see RFC 9112, 3.2');
  }
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return new Problem(
    417,
    'expectation_failed',
    `Expect must be 100-continue or absent, got ${JSON.stringify(expect)}`,
    'leave it out',
  );
}

/** @throws {Problem} 415 where the body is encoded: it would be stored so, and nobody would know */
export function requireIdentityEncoding({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new Problem(
    415,
    'unsupported_content_encoding',
    `Content-Encoding must be identity or absent, got ${JSON.stringify(encoding)}`,
    'send the body as it is',
    { 'accept-encoding': 'identity' },
  );
}

/** The headers that a record keeps of its request. */
export function recordHeaders(id: string, contentType: Buffer | undefined): Map<Buffer, Buffer> {
  const headers = new Map<Buffer, Buffer>();
  if (contentType !== undefined) headers.set(CONTENT_TYPE, contentType);
  return headers.set(REQUEST_ID, Buffer.from(id));
}

/** What the records of one upload have in common: all but their line's number. */
export function lineEnvelope(id: string, key: Buffer | undefined): Envelope {
  return new Envelope(key, recordHeaders(id, bytesOf('application/json')), REQUEST_LINE);
}
