import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorBody } from '../../../apps/producer/http/problem.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { listen, sendRaw, startApp, type RawResponse } from './app-under-test.ts';

const HEAD = 'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n';

/** One whole error answer: its shape, its length, and that nothing came after it. */
function error(answer: RawResponse): { status: number; code: string; message: string } {
  const body = JSON.parse(answer.body) as ErrorBody;
  assert.deepEqual(Object.keys(body.error), ['code', 'message', 'hint']);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(Number(answer.headers.get('content-length')), Buffer.byteLength(answer.body, 'latin1'));
  assert.equal(body.requestId, answer.headers.get('x-request-id'));
  return { status: answer.statusCode, ...body.error };
}

test('a declared length above the limit: 413 before a byte of the body is read', async (t) => {
  const { app, budget } = await startApp(t);
  const port = await listen(app);
  const answer = await sendRaw(port, [`${HEAD}Content-Length: 1001\r\n\r\n`], /\}\}?$/);
  assert.deepEqual([error(answer).status, error(answer).code], [413, 'body_too_large']);
  assert.equal(budget.bytes, 0);
});

test('a chunked body above the limit: 413 after the limit, and the connection is closed', async (t) => {
  const { app, recordLog, budget } = await startApp(t, { maxBodyBytes: 1_000 });
  const port = await listen(app);
  const chunk = `190\r\n${'x'.repeat(400)}\r\n`;
  const head = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
  const answer = await sendRaw(port, [head, chunk, chunk, chunk]);
  assert.deepEqual([error(answer).status, error(answer).code], [413, 'body_too_large']);
  assert.deepEqual([recordLog.records.length, budget.bytes], [0, 0]);
});

test('a refused body that never ends is thrown away for a moment, then the connection is cut', async (t) => {
  const { app, budget } = await startApp(t, { maxBodyBytes: 1_000 });
  const port = await listen(app);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  let sent = 0;
  while (!socket.destroyed && sent < 20_000_000_000) {
    sent += chunk.length;
    if (!socket.write(chunk)) await Promise.race([new Promise((r) => socket.once('drain', r)), delay(100)]);
  }
  assert.ok(socket.destroyed);
  assert.ok(sent > 5_000_000, `only ${sent} bytes were taken before the cut`);
  assert.equal(budget.bytes, 0);
});

test('a body shorter than its length, and a client that goes away: nothing is stored', async (t) => {
  const { app, recordLog, budget, registry } = await startApp(t);
  const port = await listen(app);
  for (const head of ['Content-Length: 10\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n']) {
    const socket = connect(port, '127.0.0.1');
    socket.write(HEAD + head);
    await waitUntil(() => budget.bytes > 0, { what: 'the first bytes read', deadlineMs: 60_000 });
    socket.destroy();
    await waitUntil(() => budget.bytes === 0, { what: 'the bytes given back', deadlineMs: 60_000 });
  }
  assert.equal(recordLog.records.length, 0);
  assert.match(await registry.metrics(), /code="incomplete_body"\} 2/);
});

test('headers that come too slowly: 408 within the request timeout', async (t) => {
  const { app } = await startApp(t, { requestTimeoutMs: 300 });
  const port = await listen(app);
  const answer = await sendRaw(port, ['POST /upload HTTP/1.1\r\nHost: x\r\n', 'X-Slow: ']);
  assert.deepEqual(
    [error(answer).status, error(answer).code, error(answer).message],
    [408, 'request_timeout', 'the headers did not arrive in time'],
  );
});

test('a body that comes too slowly: 408 within the request timeout, nothing stored', async (t) => {
  const { app, recordLog, budget } = await startApp(t, { requestTimeoutMs: 300 });
  const port = await listen(app);
  const slow = Array.from({ length: 400 }, () => '1\r\nx\r\n');
  const answer = await sendRaw(port, [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, ...slow], /HTTP/);
  await waitUntil(() => budget.bytes === 0, { what: 'the bytes given back', deadlineMs: 60_000 });
  assert.equal(answer.statusCode, 408);
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal(error(answer).message, 'the body did not arrive within 300 ms');
  assert.equal(recordLog.records.length, 0);
});

test('requests that could be smuggled: 400, and the connection is closed', async (t) => {
  const { app, recordLog } = await startApp(t);
  const port = await listen(app);
  for (const [head, message] of [
    ['Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /one length/],
    ['Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n', /one length/],
    ['Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', /one length/],
    ['Content-Length: 3, 3\r\n\r\nabc', /one length/],
    ['Content-Length: +3\r\n\r\nabc', /one length/],
    ['Content-Length : 3\r\n\r\nabc', /one length/],
  ] as const) {
    const answer = await sendRaw(port, [HEAD + head]);
    const { status, code, message: text } = error(answer);
    assert.deepEqual([status, code], [400, 'malformed_request'], head);
    assert.match(text, message);
    assert.equal(answer.headers.get('connection'), 'close');
  }
  assert.equal(recordLog.records.length, 0);
});

test('headers above 16 KiB: 431', async (t) => {
  const { app } = await startApp(t);
  const port = await listen(app);
  const answer = await sendRaw(port, [`${HEAD}X-Long: ${'x'.repeat(17_000)}\r\n\r\n`]);
  const { status, code, message } = error(answer);
  assert.deepEqual(
    [status, code, message],
    [431, 'headers_too_large', 'the request line and headers must have at most 16384 bytes'],
  );
});

test('Expect: 100-continue is answered only where the body is wanted', async (t) => {
  const { app, recordLog } = await startApp(t);
  const port = await listen(app);
  const expect = 'Expect: 100-continue\r\n';
  const large = await sendRaw(port, [`${HEAD}${expect}Content-Length: 1001\r\n\r\n`], /\}$/);
  assert.equal(large.statusCode, 413);
  assert.equal(large.text.includes('100 Continue'), false);
  const form = `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\n`;
  const refused = await sendRaw(port, [`${form}${expect}Content-Length: 3\r\n\r\n`], /\}$/);
  assert.equal(refused.statusCode, 415);
  assert.equal(refused.text.includes('100 Continue'), false);
  const fine = await sendRaw(port, [`${HEAD}${expect}Content-Length: 3\r\n\r\n`, 'abc'], /\}$/);
  assert.match(fine.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
  assert.equal(recordLog.records.length, 1);
});

test('any other expectation: 417', async (t) => {
  const { app, recordLog } = await startApp(t);
  const port = await listen(app);
  const answer = await sendRaw(port, [`${HEAD}Expect: tea\r\nContent-Length: 3\r\n\r\nabc`], /\}$/);
  assert.deepEqual([error(answer).status, error(answer).code], [417, 'expectation_failed']);
  assert.equal(recordLog.records.length, 0);
});

test('no Host: 400', async (t) => {
  const { app, recordLog } = await startApp(t);
  const port = await listen(app);
  const answer = await sendRaw(port, ['POST /upload HTTP/1.1\r\nContent-Length: 1\r\n\r\nx'], /\}$/);
  assert.deepEqual([error(answer).status, error(answer).code], [400, 'malformed_request']);
  assert.equal(error(answer).message, 'the request must have one Host header');
  assert.equal(recordLog.records.length, 0);
});

test('a key sent twice: 400, since the two would be joined', async (t) => {
  const { app, recordLog } = await startApp(t);
  const port = await listen(app);
  const answer = await sendRaw(
    port,
    [`${HEAD}X-Event-Key: a\r\nx-event-key: b\r\nContent-Length: 1\r\n\r\nx`],
    /\}$/,
  );
  assert.equal(error(answer).message, 'X-Event-Key must be one header of 1 to 1024 bytes, got 2 of them');
  assert.equal(recordLog.records.length, 0);
});

test('idle connections are kept longer than a balancer keeps them', async (t) => {
  const { app } = await startApp(t);
  assert.ok(app.server.keepAliveTimeout > 60_000);
});

test('requests on one connection are answered in order', async (t) => {
  const { app, recordLog } = await startApp(t);
  const port = await listen(app);
  recordLog.answer = async (_record, offset) => {
    await delay(offset === 0 ? 30 : 0);
    return { partition: 0, offset, timestamp: 0 };
  };
  const one = `${HEAD}Content-Length: 1\r\n\r\nx`;
  const answer = await sendRaw(port, [one + one], /"offset":1/);
  assert.match(answer.text, /"offset":0[^]*"offset":1/);
  assert.equal(answer.text.includes('100 Continue'), false);
});
