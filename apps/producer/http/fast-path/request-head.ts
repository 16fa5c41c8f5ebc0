import { MAX_HEADER_BYTES } from '../raw-responses.ts';

/** What the head of a plain upload says; every value as it was sent, decoded as Latin-1 as Node does. */
export interface RequestHead {
  /** With the empty line that ends it. */
  readonly bytes: number;
  readonly bodyBytes: number;
  readonly contentType: string | undefined;
  readonly eventKey: string | undefined;
  readonly requestId: string | undefined;
}

/** Far more than clients send; Node itself passes over what comes after its thousandth. */
const MAX_FIELDS = 100;
const END = '\r\n\r\n';
const REQUEST_LINE = 'POST /upload HTTP/1.1\r\n';
/**
 * RFC 9112, 2.1 and 5: lines end in CRLF, a name is a token with the colon right behind it, a value is visible or from
 * Latin-1's upper half, with blanks between, and goes on in no second line.
 */
const HEAD = /^POST \/upload HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n$/;
/** Without sign, leading zero and blanks: nobody can read another number in it. */
const LENGTH = /^[1-9]\d{0,8}$/;
/** They say how the request is framed, or what is to happen before its answer: for Node's parser to judge. */
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
 * Reads a chunk that is one whole `POST /upload` and nothing else, in the plainest form that HTTP/1.1 has.
 *
 * @returns `undefined` for everything else: that is not to say that it is wrong, only that Node's parser is asked
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
  const { host = '', length = '', contentType, eventKey, requestId } = fields;
  if (count > MAX_FIELDS || host === '' || !LENGTH.test(length)) return undefined;
  const bodyBytes = Number(length);
  if (bytes + bodyBytes !== chunk.length) return undefined;
  return { bytes, bodyBytes, contentType, eventKey, requestId };
}

interface Fields {
  host?: string;
  length?: string;
  contentType?: string;
  eventKey?: string;
  requestId?: string;
}

const known: Readonly<Record<string, keyof Fields>> = Object.assign(
  Object.create(null) as object,
  {
    host: 'host',
    'content-length': 'length',
    'content-type': 'contentType',
    'x-event-key': 'eventKey',
    'x-request-id': 'requestId',
  } as const,
);

/** @returns whether the head is still plain */
function note(fields: Fields, name: string, head: string, start: number, end: number): boolean {
  const field = known[name];
  if (field !== undefined) {
    // Node keeps the first of some, joins others: sent twice, none is plain.
    if (fields[field] !== undefined) return false;
    fields[field] = withoutBlanks(head, start, end);
    return true;
  }
  if (name === 'connection') return withoutBlanks(head, start, end).toLowerCase() === 'keep-alive';
  return !ELSEWHERE.has(name);
}

const SPACE = 0x20;
const TAB = 0x09;

/** Not `trim`, which takes away more than RFC 9110's blanks: 0xa0, which a key may end in. */
function withoutBlanks(text: string, start: number, end: number): string {
  let [from, to] = [start, end];
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
