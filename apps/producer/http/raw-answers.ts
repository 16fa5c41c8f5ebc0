import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorBody } from './problem.ts';
import type { UploadAnswer } from './uploads.ts';

export const MAX_HEADER_BYTES = 16_384;

/** An answer with the headers that Node would add, byte for byte. */
export function rawAnswer(
  { status, headers, body }: UploadAnswer,
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

/** Made once a second, as Node does: it takes longer than all the rest of an answer. */
function date(): string {
  const now = Date.now();
  if (now - dateSecond >= 1_000 || now < dateSecond) {
    dateSecond = now - (now % 1_000);
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}

interface RawProblem extends Omit<ErrorBody['error'], 'code'> {
  readonly status: number;
  readonly code: string;
}

/**
 * Answers what Node's parser refused before there was a request: a head that is malformed or too large, that says
 * two lengths, or that came too slowly. The connection ends, since where the next request would begin is unknown.
 */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && !socket.destroyed && error.code !== 'ECONNRESET') {
    const { status, ...problem } = read(error.code ?? '', error.message);
    const body: ErrorBody = { error: problem, requestId: randomUUID() };
    const text = JSON.stringify(body);
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
        `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n` +
        `X-Request-Id: ${body.requestId}\r\nConnection: close\r\n\r\n${text}`,
    );
  }
  socket.destroySoon();
}

function read(code: string, message: string): RawProblem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        code: 'headers_too_large',
        message: `the request line and headers must have at most ${MAX_HEADER_BYTES} bytes`,
        hint: 'send data in the body',
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        code: 'request_timeout',
        message: 'the headers did not arrive in time',
        hint: 'not stored: sending it again is safe',
      };
    default:
      return {
        status: 400,
        code: 'malformed_request',
        message: `the request must be HTTP/1.1 with one length: ${message}`,
        hint: 'send Content-Length or Transfer-Encoding, never both, and only once',
      };
  }
}
