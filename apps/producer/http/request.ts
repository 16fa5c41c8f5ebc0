import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RecordHead } from '../delivery/record-log.ts';
import { LAST, malformedRequest, Problem } from './problem.ts';

const CONTENT_TYPE = Buffer.from('content-type');
const REQUEST_ID = Buffer.from('request-id');
const REQUEST_LINE = Buffer.from('request-line');

/** The client's X-Request-Id if it has 1 to 128 visible ASCII characters; otherwise a new id. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && isRequestId(sent) ? sent : randomUUID();
}

export function isRequestId(sent: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(sent);
}

/** The bytes that the client sent: Node decodes headers as Latin-1. */
export const bytesOf = (header: string): Buffer => Buffer.from(header, 'latin1');

/** Every record of a batch repeats the key: without a limit a small body would fill a partition. */
export const MAX_KEY_BYTES = 1_024;

/** @throws {Problem} 400 if the header is empty, too long or repeated: each may be a mistake about the key */
export function eventKey(request: IncomingMessage): Buffer | undefined {
  const key = request.headers['x-event-key'];
  if (key === undefined) return undefined;
  const text = String(key);
  const sent = countHeader(request, 'x-event-key');
  if (sent === 1 && isEventKey(text)) return bytesOf(text);
  throw new Problem(
    400,
    'invalid_event_key',
    `X-Event-Key must be one header of 1 to ${MAX_KEY_BYTES} bytes, got ${sent === 1 ? text.length : `${sent} of them`}`,
    'leave it out where the order of events does not matter',
  );
}

/** @param sent decoded as Latin-1, one character per byte */
export function isEventKey(sent: string): boolean {
  return sent.length >= 1 && sent.length <= MAX_KEY_BYTES;
}

/** Number of headers with this name: Node keeps only the first of some, and joins others. */
export function countHeader({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name) count++;
  }
  return count;
}

/**
 * Checks what Node's parser does not: the version is 1.0 or 1.1; there is exactly one Host (RFC 9112, 3.2); the
 * transfer coding is `chunked` (6.1) and absent in HTTP/1.0; the only expectation is `100-continue`.
 */
export function headProblem(request: IncomingMessage): Problem | undefined {
  const { headers, httpVersion } = request;
  const { host, expect, 'transfer-encoding': coding } = headers;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return new Problem(
      505,
      'unsupported_http_version',
      `the request must be HTTP/1.1 or HTTP/1.0, got HTTP/${httpVersion}`,
      'see RFC 9112, 2.3',
      LAST,
    );
  }
  if (host === undefined ? httpVersion === '1.1' : countHeader(request, 'host') > 1) {
    return malformedRequest('the request must have one Host header', 'see RFC 9112, 3.2');
  }
  if (coding !== undefined && httpVersion === '1.0') {
    return malformedRequest('an HTTP/1.0 request must not have a Transfer-Encoding', 'see RFC 9112, 6.1');
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return new Problem(
      501,
      'unsupported_transfer_encoding',
      `Transfer-Encoding must be chunked or absent, got ${JSON.stringify(coding)}`,
      'send the body as it is',
      LAST,
    );
  }
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return new Problem(
    417,
    'expectation_failed',
    `Expect must be 100-continue or absent, got ${JSON.stringify(expect)}`,
    'leave it out',
  );
}

/** @throws {Problem} 415 if the body is encoded: readers of the record could not tell */
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

/** Headers of a record, taken from its request. */
export function recordHeaders(id: string, contentType: Buffer | undefined): Map<Buffer, Buffer> {
  const headers = new Map<Buffer, Buffer>();
  if (contentType !== undefined) headers.set(CONTENT_TYPE, contentType);
  return headers.set(REQUEST_ID, Buffer.from(id));
}

/** Key and headers of all records of one upload, which differ only in the line number. */
export function lineHead(id: string, key: Buffer | undefined): RecordHead {
  return { key, headers: recordHeaders(id, bytesOf('application/json')), numberedBy: REQUEST_LINE };
}
