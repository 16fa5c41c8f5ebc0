import assert from 'node:assert/strict';
import test from 'node:test';
import { readRequestHead } from '../../../../apps/producer/http/fast-path/request-head.ts';

const LINE = 'POST /upload HTTP/1.1\r\n';

/** A whole request with one more header line, or several. */
const withLines = (lines: string, body = 'abc') =>
  `${LINE}Host: x\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;

function read(request: string): ReturnType<typeof readRequestHead> {
  return readRequestHead(Buffer.from(request, 'latin1'));
}

test('a plain upload: what its head says', () => {
  const head =
    `${LINE}host: a:80\r\nUser-Agent: x (y; z)\r\nContent-Type:\t text/plain; a="b" \t\r\nX-EVENT-KEY: caf\u00e9\u00a0\r\n` +
    'x-request-id:r-1\r\nauthorization: Bearer  k\r\nX-Source:web\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\nX-Empty:\r\n\r\n';
  assert.deepEqual(read(`${head}a\r\n`), {
    bytes: head.length,
    bodyBytes: 3,
    contentType: 'text/plain; a="b"',
    eventKey: 'caf\u00e9\u00a0',
    requestId: 'r-1',
    authorization: 'Bearer  k',
    source: 'web',
  });
});

test('headers that are empty are there, those that are not sent are not', () => {
  const empty = read(withLines('X-Event-Key:\r\nX-Request-Id: \t\r\nContent-Type: \r\n'));
  assert.deepEqual([empty?.eventKey, empty?.requestId, empty?.contentType], ['', '', '']);
  const none = read(withLines(''));
  assert.deepEqual(
    [none?.eventKey, none?.requestId, none?.contentType, none?.bodyBytes],
    [undefined, undefined, undefined, 3],
  );
});

test('a body is any bytes, also those that could be a head', () => {
  assert.equal(read(withLines('', '\r\n\r\n'))?.bodyBytes, 4);
  assert.equal(read(withLines('', withLines('')))?.bodyBytes, withLines('').length);
  assert.equal(read(withLines('', 'x'.repeat(100_000)))?.bodyBytes, 100_000);
});

const elsewhere: Readonly<Record<string, string>> = {
  nothing: '',
  'no head': 'abc',
  'half a head': `${LINE}Host: x\r\nContent-Le`,
  'a head without its body': `${LINE}Host: x\r\nContent-Length: 3\r\n\r\n`,
  'half a body': `${LINE}Host: x\r\nContent-Length: 3\r\n\r\nab`,
  'a byte after the body': `${LINE}Host: x\r\nContent-Length: 3\r\n\r\nabcd`,
  'two requests': withLines('') + withLines(''),
  'an empty line before': `\r\n${withLines('')}`,
  'another method': withLines('').replace('POST', 'PUT'),
  'a method in lower case': withLines('').replace('POST', 'post'),
  'another path': withLines('').replace('/upload', '/upload/batch'),
  'a query': withLines('').replace('/upload', '/upload?x=1'),
  'an encoded path': withLines('').replace('/upload', '/uploa%64'),
  'a target in absolute form': withLines('').replace('/upload', 'http://x/upload'),
  'two blanks in the request line': withLines('').replace('POST ', 'POST  '),
  'HTTP/1.0': withLines('').replace('HTTP/1.1', 'HTTP/1.0'),
  'HTTP/1.2': withLines('').replace('HTTP/1.1', 'HTTP/1.2'),
  'lines that end in LF': withLines('').replaceAll('\r\n', '\n'),
  'one line that ends in LF': withLines('X: y\n'),
  'a CR in a value': withLines('X: a\rb\r\n'),
  'a NUL in a value': withLines('X: a\0b\r\n'),
  'DEL in a value': withLines('X: a\x7fb\r\n'),
  'a control character in a value': withLines('X: a\x01b\r\n'),
  'a value that goes on in a second line': withLines('X: a\r\n b\r\n'),
  'a folded Content-Length': `${LINE}Host: x\r\nContent-Length:\r\n 3\r\n\r\nabc`,
  'a blank before the colon': withLines('X : y\r\n'),
  'a blank before the name': withLines(' X: y\r\n'),
  'a name that is no token': withLines('X(y): z\r\n'),
  'a name beyond ASCII': withLines('X\u00e9: z\r\n'),
  'a line without a colon': withLines('X\r\n'),
  'a line without a name': withLines(': y\r\n'),
  'no header at all': `${LINE}\r\nabc`,
  'no Host': `${LINE}Content-Length: 3\r\n\r\nabc`,
  'an empty Host': `${LINE}Host:\r\nContent-Length: 3\r\n\r\nabc`,
  'two Hosts': withLines('Host: y\r\n'),
  'no length': `${LINE}Host: x\r\n\r\nabc`,
  'an empty body': withLines('', ''),
  'chunks instead of a length': `${LINE}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  'chunks beside a length': withLines('Transfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  'chunks in mixed case': withLines('transfer-ENCODING: chunked\r\n', '0\r\n\r\n'),
  'two lengths': withLines('Content-Length: 4\r\n'),
  'the same length twice': withLines('Content-Length: 3\r\n'),
  'two content types': withLines('Content-Type: a/b\r\ncontent-type: a/b\r\n'),
  'two keys': withLines('X-Event-Key: a\r\nX-Event-Key: a\r\n'),
  'two keys, the first empty': withLines('X-Event-Key:\r\nX-Event-Key: a\r\n'),
  'two request ids': withLines('X-Request-Id: a\r\nX-Request-Id: a\r\n'),
  'an encoding': withLines('Content-Encoding: gzip\r\n'),
  'an expectation': withLines('Expect: 100-continue\r\n'),
  'an upgrade': withLines('Upgrade: h2c\r\n'),
  'trailers announced': withLines('Trailer: x\r\n'),
  TE: withLines('TE: trailers\r\n'),
  'Connection: close': withLines('Connection: close\r\n'),
  'Connection: upgrade': withLines('Connection: keep-alive, Upgrade\r\n'),
  'an empty Connection': withLines('Connection:\r\n'),
  'Proxy-Connection: close': withLines('Proxy-Connection: close\r\n'),
  'a head above the limit': withLines(`X: ${'x'.repeat(16_384)}\r\n`),
  'very many headers': withLines('X:\r\n'.repeat(100)),
};

for (const [name, request] of Object.entries(elsewhere)) {
  test(`not plain: ${name}`, () => assert.equal(read(request), undefined));
}

for (const length of ['+3', '-3', '03', '0x3', '3 3', '3,3', '3, 3', '3.0', '3e0', '', '3;', '\u00b3']) {
  test(`not plain: a length of ${JSON.stringify(length)}`, () => {
    assert.equal(read(`${LINE}Host: x\r\nContent-Length: ${length}\r\n\r\nabc`), undefined);
  });
}

test('a head of exactly the limit is plain, one byte more is not', () => {
  const rest = withLines('X: \r\n').length - 3;
  assert.equal(read(withLines(`X: ${'x'.repeat(16_384 - rest)}\r\n`))?.bytes, 16_384);
  assert.equal(read(withLines(`X: ${'x'.repeat(16_385 - rest)}\r\n`)), undefined);
});
