import { STATUS_CODES } from 'node:http';
import { malformedRequest, Problem, type ErrorBody } from './problem.ts';
import type { UploadResponse } from './upload-handler.ts';

export const MAX_HEADER_BYTES = 16_384;

/** A response with the headers that Node would add, byte for byte. */
export function rawResponse(
  { status, headers, body }: UploadResponse,
  last: boolean,
  keepAliveMs: number,
): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    text += `${headers[index] ?? ''}: ${headers[index + 1] ?? ''}\r\n`;
  }
  text += last ? `connection: close\r\nDate: ${date()}\r\n` : `Date: ${date()}\r\n`;
  if (!last) text += `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n`;
  return `${text}\r\n${body}`;
}

let dateSecond = 0;
let dateText = '';

/** Formatted once a second, as Node does: it takes longer than the rest of a response. */
function date(): string {
  const now = Date.now();
  if (now - dateSecond >= 1_000 || now < dateSecond) {
    dateSecond = now - (now % 1_000);
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}

/** The response to invalid data. It closes the connection, since the start of the next request is unknown. */
export function rawRefusal({ statusCode, headers }: Problem, body: ErrorBody): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-request-id': body.requestId,
    date: date(),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n${lines.join('')}\r\n${text}`;
}

/** Maps an error of Node's parser: the head is malformed, too large or has two lengths, or a chunk is malformed. */
export function parserProblem({ code, message }: Error & { code?: string }): Problem {
  if (code !== 'HPE_HEADER_OVERFLOW') {
    return malformedRequest(
      `the request must be HTTP/1.1 with one length: ${message}`,
      'send Content-Length or Transfer-Encoding, never both, and only once',
    );
  }
  return new Problem(
    431,
    'headers_too_large',
    `the request line and headers must have at most ${MAX_HEADER_BYTES} bytes`,
    'send data in the body',
  );
}
