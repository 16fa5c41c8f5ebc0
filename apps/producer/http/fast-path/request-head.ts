import { MAX_HEADER_BYTES } from '../raw-responses.ts';

/** Head of a plain upload. Values are decoded as Latin-1, as in Node. */
export interface RequestHead {
  /** Size of the head, with its final empty line. */
  readonly bytes: number;
  readonly bodyBytes: number;
  readonly contentType: string | undefined;
  readonly eventKey: string | undefined;
  readonly requestId: string | undefined;
  readonly authorization: string | undefined;
  readonly source: string | undefined;
}

/** Far more than clients send; Node ignores headers after its limit of a thousand. */
const MAX_FIELDS = 100;
const END = '\r\n\r\n';
const REQUEST_LINE = 'POST /upload HTTP/1.1\r\n';
/**
 * RFC 9112, 2.1 and 5: lines end in CRLF; a name is a token, directly followed by the colon; a value has visible
 * characters, blanks and Latin-1's upper half, and no continuation line.
 */
const HEAD = /^POST \/upload HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n$/;
/** Decimal digits without sign, leading zero or blanks: every parser reads the same number. */
const LENGTH = /^[1-9]\d{0,8}$/;
/** Headers that change the framing or the processing of a request, which Node's parser must handle. */
const ELSEWHERE = new Set([
  'content-encoding',
  'expect',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Parses a chunk that is exactly one `POST /upload` request in the simplest form of HTTP/1.1.
 *
 * @returns `undefined` for any other chunk: it may be valid, and Node's parser decides
 */
export function readRequestHead(chunk: Buffer): RequestHead | undefined {
  const bytes = chunk.indexOf(END, 0, 'latin1') + END.length;
  if (bytes < END.length || bytes > MAX_HEADER_BYTES) return undefined;
  const head = chunk.toString('latin1', 0, bytes);
  if (!HEAD.test(head)) return undefined;
  const fields: Fields = {};
  let count = 0;
  for (let at = REQUEST_LINE.length; at < bytes - 2; count++) {
    const colon = head.indexOf(':', at);
    const lineEnd = head.indexOf('\r', colon);
    if (!note(fields, head.slice(at, colon).toLowerCase(), head, colon + 1, lineEnd)) return undefined;
    at = lineEnd + 2;
  }
  const { host = '', length = '', contentType, eventKey, requestId, authorization, source } = fields;
  if (count > MAX_FIELDS || host === '' || !LENGTH.test(length)) return undefined;
  const bodyBytes = Number(length);
  if (bytes + bodyBytes !== chunk.length) return undefined;
  return { bytes, bodyBytes, contentType, eventKey, requestId, authorization, source };
}

interface Fields {
  host?: string;
  length?: string;
  contentType?: string;
  eventKey?: string;
  requestId?: string;
  authorization?: string;
  source?: string;
}

const known: Readonly<Record<string, keyof Fields>> = Object.assign(
  Object.create(null) as object,
  {
    host: 'host',
    'content-length': 'length',
    'content-type': 'contentType',
    'x-event-key': 'eventKey',
    'x-request-id': 'requestId',
    authorization: 'authorization',
    'x-source': 'source',
  } as const,
);

/** @returns whether the head is still plain */
function note(fields: Fields, name: string, head: string, start: number, end: number): boolean {
  const field = known[name];
  if (field !== undefined) {
    // Node keeps the first of some headers and joins others, so a repeated header is not plain.
    if (fields[field] !== undefined) return false;
    fields[field] = withoutBlanks(head, start, end);
    return true;
  }
  if (name === 'connection') return withoutBlanks(head, start, end).toLowerCase() === 'keep-alive';
  return !ELSEWHERE.has(name);
}

const SPACE = 0x20;
const TAB = 0x09;

/** Unlike `trim`, keeps 0xa0, which is not a blank in RFC 9110 and may end a key. */
function withoutBlanks(text: string, start: number, end: number): string {
  let [from, to] = [start, end];
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
