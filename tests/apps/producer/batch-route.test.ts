import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { DeliveryError } from '../../../apps/producer/delivery/record-log.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { listen, startApp } from './app-under-test.ts';

function post(payload: string, headers: Record<string, string> = {}) {
  return {
    method: 'POST' as const,
    url: '/upload/batch',
    payload,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  };
}

function lines(body: string): unknown[] {
  assert.ok(body.endsWith('\n'));
  return body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** An upload that is sent and read by hand. */
async function open(port: number) {
  const upload = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/upload/batch',
    headers: { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' },
  });
  upload.on('error', () => undefined);
  upload.flushHeaders();
  const received = { text: '', ended: false, response: undefined as IncomingMessage | undefined };
  upload.on('response', (response) => {
    received.response = response;
    response.on('data', (chunk: Buffer) => (received.text += chunk.toString()));
    response.on('end', () => (received.ended = true)).on('error', () => undefined);
  });
  return Promise.resolve({ upload, received });
}

/** An app whose queue is full. */
async function startFull(t: TestContext, patienceMs: number) {
  const budget = new MemoryAccount({ bytes: 1_000_000, records: 10 });
  const { app, recordLog } = await startApp(t, { budget, patienceMs });
  recordLog.answer = (_record, offset) =>
    budget.fits(0, 1)
      ? Promise.resolve({ partition: 0, offset, timestamp: 0 })
      : Promise.reject(new DeliveryError('queue-full', 'the queue is full'));
  budget.take(0, 10);
  return { app, budget };
}

test('each line becomes a record, verbatim, and has a result in the same order', async (t) => {
  const { app, recordLog } = await startApp(t);
  const answer = await app.inject(
    post('{"a": 1, "a":2}\n\r\n"x"\r\n[1 ]', { 'x-request-id': 'r-1', 'x-event-key': 'k' }),
  );
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.headers['content-type'], 'application/x-ndjson');
  const at = { partition: 0, timestamp: 1_700_000_000_000 };
  assert.deepEqual(lines(answer.body), [
    { line: 1, status: 201, ...at, offset: 0 },
    { line: 3, status: 201, ...at, offset: 1 },
    { line: 4, status: 201, ...at, offset: 2 },
    { done: true, stored: 3, failed: 0 },
  ]);
  assert.deepEqual(
    recordLog.records.map(({ value }) => value.toString()),
    ['{"a": 1, "a":2}', '"x"', '[1 ]'],
  );
  const second = recordLog.records[1];
  assert.ok(second);
  assert.equal(second.key?.toString(), 'k');
  assert.deepEqual(
    Array.from(second.headers, ([name, value]) => [name.toString(), value.toString()]),
    [
      ['content-type', 'application/json'],
      ['request-id', 'r-1'],
      ['request-line', '3'],
    ],
  );
});

test('a line that fails does not stop the others', async (t) => {
  const { app, recordLog } = await startApp(t, { maxBodyBytes: 20 });
  recordLog.answer = ({ value }, offset) =>
    value.toString() === '"504"'
      ? Promise.reject(new DeliveryError('unknown', 'no answer'))
      : Promise.resolve({ partition: 1, offset, timestamp: 0 });
  const answer = await app.inject(post(`{bad\n"504"\n"${'x'.repeat(30)}"\n"ok"\n`));
  assert.deepEqual(lines(answer.body), [
    {
      line: 1,
      status: 400,
      error: {
        code: 'invalid_json',
        message:
          "the line must be JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
      },
    },
    { line: 2, status: 504, error: { code: 'unknown_outcome', message: 'no answer' } },
    {
      line: 3,
      status: 413,
      error: { code: 'body_too_large', message: 'the line must have at most 20 bytes' },
    },
    { line: 4, status: 201, partition: 1, offset: 1, timestamp: 0 },
    { done: true, stored: 1, failed: 3 },
  ]);
});

test('what can be refused as a whole is: no lines, another content type, not ready', async (t) => {
  const { app, recordLog } = await startApp(t);
  const refused = async (options: ReturnType<typeof post>) => {
    const answer = await app.inject(options);
    return [answer.statusCode, answer.json<{ error: { code: string } }>().error.code];
  };
  assert.deepEqual(await refused(post('')), [400, 'empty_body']);
  assert.deepEqual(await refused(post('\n\r\n')), [400, 'empty_body']);
  assert.deepEqual(await refused(post('1', { 'content-type': 'application/json' })), [
    415,
    'unsupported_media_type',
  ]);
  assert.deepEqual(await refused(post('1', { 'content-encoding': 'gzip' })), [
    415,
    'unsupported_content_encoding',
  ]);
  assert.deepEqual(await refused(post('1', { 'x-event-key': '' })), [400, 'invalid_event_key']);
  recordLog.problem = 'Kafka has not responded yet';
  assert.deepEqual(await refused(post('1')), [503, 'broker_unavailable']);
  assert.equal(recordLog.records.length, 0);
});

test('results come while the body is still being sent', async (t) => {
  const { app } = await startApp(t);
  const { upload, received } = await open(await listen(app));
  upload.write('1\n');
  await waitUntil(() => received.text.includes('"line":1,'), {
    what: 'answered: line 1',
    deadlineMs: 60_000,
  });
  upload.write('2\n3');
  await waitUntil(() => received.text.includes('"line":2,'), {
    what: 'answered: line 2',
    deadlineMs: 60_000,
  });
  assert.equal(received.text.includes('"line":3'), false);
  upload.end();
  await waitUntil(() => received.ended, { what: 'answered: all', deadlineMs: 60_000 });
  assert.deepEqual(lines(received.text).at(-1), { done: true, stored: 3, failed: 0 });
});

test('a client that does not read its results is not read either, and loses nothing when it does', async (t) => {
  const { app, recordLog } = await startApp(t, { maxBodyBytes: 2_000 });
  const { upload, received } = await open(await listen(app));
  const piece = `${JSON.stringify('x'.repeat(1_000))}\n`.repeat(100);
  upload.write(piece);
  await waitUntil(() => received.response, { what: 'an answer', deadlineMs: 60_000 });
  received.response?.pause();
  let sent = 100;
  let waits = 0;
  // Well above what the buffers of two sockets hold.
  while (sent < 1_000_000 && waits < 20) {
    await delay(waits === 0 ? 0 : 25);
    waits++;
    if (upload.writableLength > 1_000_000) continue;
    upload.write(piece);
    sent += 100;
    waits = 0;
  }
  assert.ok(sent < 1_000_000, 'everything was read, though no result was');
  assert.ok(recordLog.records.length < sent);
  received.response?.resume();
  upload.end();
  await waitUntil(() => received.ended, { what: 'answered: all', deadlineMs: 60_000 });
  assert.deepEqual(lines(received.text).at(-1), { done: true, stored: sent, failed: 0 });
});

test('at most 1,000 lines of one upload are under way at once', async (t) => {
  const { app, recordLog } = await startApp(t, {
    budget: new MemoryAccount({ bytes: 100_000_000, records: 100_000 }),
  });
  const stored: (() => void)[] = [];
  recordLog.answer = (_record, offset) =>
    new Promise((resolve) => stored.push(() => resolve({ partition: 0, offset, timestamp: 0 })));
  const answer = app.inject(post('1\n'.repeat(3_000)));
  await waitUntil(() => recordLog.records.length === 1_000, { what: 'a full window', deadlineMs: 60_000 });
  await delay(50);
  assert.equal(recordLog.records.length, 1_000);
  for (let next = 0; next < 3_000; next++) {
    await waitUntil(() => stored[next], { what: 'the next line', deadlineMs: 60_000, everyMs: 1 });
    stored[next]?.();
  }
  assert.deepEqual(lines((await answer).body).at(-1), { done: true, stored: 3_000, failed: 0 });
});

test('a full queue holds an upload back', async (t) => {
  const { app, budget } = await startFull(t, 20_000);
  setTimeout(() => budget.give(0, 1), 50);
  const patient = await app.inject(post('1\n2\n'));
  assert.deepEqual(lines(patient.body).at(-1), { done: true, stored: 2, failed: 0 });
});

test('lines are refused while the queue stays full for longer than their patience', async (t) => {
  const { app } = await startFull(t, 100);
  const refused = await app.inject(post('1\n'));
  assert.deepEqual(lines(refused.body), [
    { line: 1, status: 503, error: { code: 'queue_full', message: 'the queue is full' } },
    { done: true, stored: 0, failed: 1 },
  ]);
});

test('a client that goes away stops its upload, and nothing is left of it', async (t) => {
  const { app, recordLog } = await startApp(t);
  const { upload, received } = await open(await listen(app));
  upload.write('1\n2\n');
  await waitUntil(() => received.text.includes('"line":2,'), {
    what: 'answered: line 2',
    deadlineMs: 60_000,
  });
  upload.write('{"half":');
  upload.destroy();
  await waitUntil(async () => (await connections(app)) === 0, { what: 'no connection', deadlineMs: 60_000 });
  assert.equal(recordLog.records.length, 2);
});

test('a client that goes away without having read its results leaves nothing either', async (t) => {
  const { app } = await startApp(t, { maxBodyBytes: 2_000 });
  const { upload, received } = await open(await listen(app));
  const piece = `${JSON.stringify('x'.repeat(1_000))}\n`.repeat(100);
  upload.write(piece);
  await waitUntil(() => received.response, { what: 'an answer', deadlineMs: 60_000 });
  received.response?.pause();
  for (let waits = 0; waits < 20;) {
    await delay(waits === 0 ? 0 : 25);
    waits++;
    if (upload.writableLength > 1_000_000) continue;
    upload.write(piece);
    waits = 0;
  }
  upload.destroy();
  await waitUntil(async () => (await connections(app)) === 0, { what: 'no connection', deadlineMs: 60_000 });
  assert.equal((await app.inject(post('1'))).statusCode, 200);
});

test('nothing more for the request timeout: the answer ends and says so', async (t) => {
  const { app } = await startApp(t, { requestTimeoutMs: 1_000 });
  const { upload, received } = await open(await listen(app));
  upload.write('1\n2');
  await waitUntil(() => received.ended, { what: 'the end of the answer', deadlineMs: 60_000 });
  upload.destroy();
  assert.deepEqual(lines(received.text).at(-1), {
    done: false,
    stored: 1,
    failed: 0,
    error: { code: 'request_timeout', message: 'the body did not arrive within 1000 ms' },
  });
});

test('at the end of the program the upload ends with what was read of it', async (t) => {
  const { app, ending, recordLog } = await startApp(t);
  const { upload, received } = await open(await listen(app));
  upload.write('1\n');
  await waitUntil(() => received.text.includes('"line":1,'), {
    what: 'answered: line 1',
    deadlineMs: 60_000,
  });
  ending.abort();
  await waitUntil(() => received.ended, { what: 'the end of the answer', deadlineMs: 60_000 });
  upload.destroy();
  const error = { code: 'shutting_down', message: 'the program is ending' };
  assert.deepEqual(lines(received.text).at(-1), { done: false, stored: 1, failed: 0, error });
  assert.equal(recordLog.records.length, 1);
});

async function connections(app: {
  server: { getConnections: (done: (error: Error | null, count: number) => void) => void };
}) {
  return new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
}
