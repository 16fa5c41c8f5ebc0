/** What a client sends on one connection, and what it is told. */
export interface Stream {
  /** The request ids of the uploads in it, in their order. */
  readonly ids: readonly string[];
  /** A character a byte. */
  readonly text: string;
  /** Status and error code of each response, in their order. */
  readonly told: readonly (readonly [status: number, code: string | undefined])[];
  /** Whether the connection may end, by how the bytes are cut, with the first response: behind a batch nothing need be read. */
  readonly mayEnd?: true;
}

const HEAD = 'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n';

const upload = (id: string, body = 'abc', lines = ''): string =>
  `${HEAD}X-Request-Id: ${id}\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;

const batch = (id: string, chunks: string): string =>
  'POST /upload/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n' +
  `X-Request-Id: ${id}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;

const STORED = [201, undefined] as const;
const MALFORMED = [400, 'malformed_request'] as const;
const WITH_LENGTH_AND_CHUNKS = 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';

/** One good upload, and what comes behind it. */
const behind = (rest: string, ...told: Stream['told']): Stream => ({
  ids: ['a', 'b', 'c'],
  text: upload('a') + rest,
  told: [STORED, ...told],
});

/** Every way in which what comes behind a request has made its outcome untrue, and their neighbours. */
export const damages: Readonly<Record<string, Stream>> = {
  'a NUL': behind('\x00', MALFORMED),
  'a length counted in characters': behind('\xa9', MALFORMED),
  'a line break': behind('\r\n', [400, 'malformed_request']),
  'half a head': behind('POST /upload HTTP/1.1\r\nHo', MALFORMED),
  'a head that is too large': behind(`${HEAD}X: ${'x'.repeat(17_000)}\r\n\r\n`, [431, 'headers_too_large']),
  'two lengths': behind(
    upload('b') + `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    STORED,
    MALFORMED,
  ),
  'a length and chunks': behind(HEAD + WITH_LENGTH_AND_CHUNKS, MALFORMED),
  'a folded header': behind(`${HEAD}X: a\r\n b\r\nContent-Length: 1\r\n\r\nx`, MALFORMED),
  'a line that ends in a line feed': behind(`${HEAD}X: a\nContent-Length: 1\r\n\r\nx`, MALFORMED),
  'another version': behind('POST /upload HTTP/3.0\r\nHost: x\r\n\r\n', MALFORMED),
  'no request, but TLS': behind('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', MALFORMED),
  'half a body': behind(`${HEAD}X-Request-Id: b\r\nContent-Length: 9\r\n\r\nabc`, [400, 'incomplete_body']),
  'half a chunk': behind(`${HEAD}X-Request-Id: b\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc`, [
    400,
    'incomplete_body',
  ]),
  'a chunk of no size': behind(
    `${HEAD}X-Request-Id: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n`,
    MALFORMED,
  ),
  'a request behind a last one': {
    ids: ['a', 'b'],
    text: upload('a', 'abc', 'Connection: close\r\n') + upload('b'),
    told: [STORED],
  },
  'a request behind one whose expectation fails': {
    ids: ['a', 'b', 'c'],
    text:
      upload('a') + upload('b', 'abc', 'Expect: 100-continue, foo\r\nConnection: close\r\n') + upload('c'),
    told: [STORED, [417, 'expectation_failed']],
  },
  'a request behind one that would change the protocol': {
    ids: ['a', 'b', 'c'],
    text: upload('a', 'abc', 'Connection: Upgrade\r\nUpgrade: h2c\r\n') + upload('b') + upload('c'),
    told: [STORED, STORED, STORED],
  },
  CONNECT: behind('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', [405, 'method_not_allowed']),
  'chunks that are malformed behind a refusal': behind(
    'POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n',
    [404, 'not_found'],
  ),
  'a NUL behind a batch': {
    ids: ['a'],
    text: `${batch('a', '4\r\n1\n2\n\r\n0\r\n\r\n')}\x00`,
    told: [[200, undefined], MALFORMED],
    mayEnd: true,
  },
  'an upload behind a batch': {
    ids: ['a', 'b'],
    text: batch('a', '4\r\n1\n2\n\r\n0\r\n\r\n') + upload('b'),
    told: [[200, undefined], STORED],
    mayEnd: true,
  },
  'a chunk of no size in a batch': {
    ids: ['a'],
    text: batch('a', '4\r\n1\n2\n\r\nZZ\r\n'),
    told: [[200, 'malformed_request']],
  },
  'half a batch': {
    ids: ['a'],
    text: batch('a', '5\r\n1\n2\n3'),
    told: [[200, 'incomplete_body']],
  },
};
