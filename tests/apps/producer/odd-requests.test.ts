import assert from 'node:assert/strict';
import test from 'node:test';
import type { ErrorBody } from '../../../apps/producer/http/problem.ts';
import { listen, startApp } from './app-under-test.ts';
import { RawClient } from './raw-client.ts';
import { readResponses } from './responses.ts';

const HOST = 'Host: x\r\n';
const LENGTH = 'Content-Length: 1\r\n\r\nx';
const CHUNK = '1\r\nx\r\n0\r\n\r\n';

interface Refusal {
  readonly request: string;
  readonly status: number;
  readonly code: string;
}

const refusals: Readonly<Record<string, Refusal>> = {
  'a path that cannot be decoded': {
    request: `GET /%zz HTTP/1.1\r\n${HOST}\r\n`,
    status: 400,
    code: 'malformed_request',
  },
  'a path that ends in a percent sign': {
    request: `POST /upload% HTTP/1.1\r\n${HOST}${LENGTH}`,
    status: 400,
    code: 'malformed_request',
  },
  'a URL without a host': {
    request: `POST http:///upload HTTP/1.1\r\n${HOST}${LENGTH}`,
    status: 400,
    code: 'malformed_request',
  },
  'a URL whose port is none': {
    request: `POST http://t:99999/upload HTTP/1.1\r\n${HOST}${LENGTH}`,
    status: 400,
    code: 'malformed_request',
  },
  'QUERY of a path that takes POST': {
    request: `QUERY /upload HTTP/1.1\r\n${HOST}${LENGTH}`,
    status: 405,
    code: 'method_not_allowed',
  },
  'a path that is none, with a content type that is none': {
    request: `POST /nowhere HTTP/1.1\r\n${HOST}Content-Type: x\r\n${LENGTH}`,
    status: 404,
    code: 'not_found',
  },
  CONNECT: { request: `CONNECT t:1 HTTP/1.1\r\n${HOST}\r\n`, status: 405, code: 'method_not_allowed' },
  'a transfer coding besides chunked': {
    request: `POST /upload HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNK}`,
    status: 501,
    code: 'unsupported_transfer_encoding',
  },
  'an empty transfer coding besides chunked': {
    request: `POST /upload HTTP/1.1\r\n${HOST}Transfer-Encoding: ,chunked\r\n\r\n${CHUNK}`,
    status: 501,
    code: 'unsupported_transfer_encoding',
  },
  'the transfer coding identity': {
    request: `POST /upload HTTP/1.1\r\n${HOST}Transfer-Encoding: identity, chunked\r\n\r\n${CHUNK}`,
    status: 501,
    code: 'unsupported_transfer_encoding',
  },
  'a transfer coding that is not known': {
    request: `POST /upload HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n${CHUNK}`,
    status: 501,
    code: 'unsupported_transfer_encoding',
  },
  'HTTP/1.0 in chunks': {
    request: `POST /upload HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${CHUNK}`,
    status: 400,
    code: 'malformed_request',
  },
  'HTTP/2.0': {
    request: `POST /upload HTTP/2.0\r\n${HOST}${LENGTH}`,
    status: 505,
    code: 'unsupported_http_version',
  },
  'HTTP/0.9': {
    request: `POST /upload HTTP/0.9\r\n${HOST}${LENGTH}`,
    status: 505,
    code: 'unsupported_http_version',
  },
  'no version': {
    request: `POST /upload\r\n${HOST}${LENGTH}`,
    status: 505,
    code: 'unsupported_http_version',
  },
  'two different Hosts': {
    request: `POST /upload HTTP/1.1\r\n${HOST}Host: y\r\n${LENGTH}`,
    status: 400,
    code: 'malformed_request',
  },
  'a key that is too long': {
    request: `POST /upload HTTP/1.1\r\n${HOST}X-Event-Key: ${'k'.repeat(1_025)}\r\n${LENGTH}`,
    status: 400,
    code: 'invalid_event_key',
  },
  'a key that is too long, of a batch': {
    request: `POST /upload/batch HTTP/1.1\r\n${HOST}Content-Type: application/x-ndjson\r\nX-Event-Key: ${'k'.repeat(1_025)}\r\n${LENGTH}`,
    status: 400,
    code: 'invalid_event_key',
  },
};

for (const [name, { request, status, code }] of Object.entries(refusals)) {
  test(`${name}: ${status} ${code}, in the documented shape, counted, and nothing stored`, async (t) => {
    const { app, recordLog, registry } = await startApp(t);
    await listen(app);
    const client = await RawClient.open(t, app);
    await client.send(request);
    const [response, ...others] = readResponses(await client.answered());
    assert.ok(response);
    assert.equal(others.length, 0);
    const body = JSON.parse(response.body) as ErrorBody;
    assert.deepEqual([response.status, body.error.code], [status, code]);
    assert.deepEqual(Object.keys(body.error), ['code', 'message', 'hint']);
    assert.equal(response.headers.get('x-request-id'), body.requestId);
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    if (status === 405) assert.equal(response.headers.get('allow'), 'POST');
    assert.match(
      await registry.metrics(),
      new RegExp(`records_total\\{route="[^"]+",code="${code}"\\} 1\\n`),
    );
    assert.equal(recordLog.records.length, 0);
  });

  test(`${name}, while draining: the last of its connection`, async (t) => {
    const { app, draining } = await startApp(t);
    await listen(app);
    const client = await RawClient.open(t, app);
    draining.abort();
    await client.send(request);
    const [response] = readResponses(await client.closed());
    assert.equal(response?.headers.get('connection'), 'close');
  });
}

test('a key of the most bytes is kept, one by one and in a batch', async (t) => {
  const { app, recordLog } = await startApp(t);
  await listen(app);
  const key = 'k'.repeat(1_024);
  const client = await RawClient.open(t, app);
  await client.send(`POST /upload HTTP/1.1\r\n${HOST}X-Event-Key: ${key}\r\n${LENGTH}`);
  await client.answered();
  await client.send(
    `POST /upload/batch HTTP/1.1\r\n${HOST}Content-Type: application/x-ndjson\r\nX-Event-Key: ${key}\r\nContent-Length: 1\r\n\r\n1`,
  );
  await client.until(() => client.text.includes('"done":true'), 'stored');
  assert.deepEqual(
    recordLog.records.map(({ key: kept }) => String(kept)),
    [key, key],
  );
});

test('a client that resets its connection makes no internal error, whenever it does', async (t) => {
  const { app, recordLog, registry, logLines } = await startApp(t);
  await listen(app);
  const settle: (() => void)[] = [];
  recordLog.answer = (_record, offset) =>
    new Promise((resolve) => settle.push(() => resolve({ partition: 0, offset, timestamp: 0 })));
  const batch = 'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (const [request, records] of [
    [`POST /upload/batch HTTP/1.1\r\n${HOST}${batch}4\r\n1\n2\n\r\n0\r\n\r\n`, 2],
    [`POST /upload/batch HTTP/1.1\r\n${HOST}${batch}4\r\n1\n2\n\r\n`, 2],
    [`POST /upload/batch HTTP/1.1\r\n${HOST}${batch}`, 0],
    [`POST /upload HTTP/1.1\r\n${HOST}${LENGTH}`, 1],
    [`POST /upload HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`, 0],
    ['POST /upload HTTP/1.1\r\nHo', 0],
    [`GET /metrics HTTP/1.1\r\n${HOST}\r\n`, 0],
  ] as const) {
    const client = await RawClient.open(t, app);
    const before = recordLog.records.length;
    await client.send(request);
    await client.until(() => recordLog.records.length === before + records, 'its records taken');
    client.socket.resetAndDestroy();
    await client.until(() => client.accepted.closed, 'the connection closed');
    for (const one of settle.splice(0)) one();
    await new Promise(setImmediate);
  }
  assert.doesNotMatch(await registry.metrics(), /internal_error"\} [1-9]/);
  assert.deepEqual(
    logLines.filter((line) => line.includes('"level":"error"')),
    [],
  );
});
