import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { listen, startApp, type AppUnderTest, type AppUnderTestOptions } from './app-under-test.ts';
import { RawClient } from './raw-client.ts';
import { readResponses } from './responses.ts';

const BATCH =
  'POST /upload/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';

async function open(
  t: Parameters<typeof startApp>[0],
  options: AppUnderTestOptions,
): Promise<AppUnderTest & { readonly client: RawClient }> {
  const under = await startApp(t, options);
  await listen(under.app);
  return { ...under, client: await RawClient.open(t, under.app) };
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Sends a piece every few milliseconds until the connection is closed. */
async function trickle(client: RawClient, piece: string): Promise<void> {
  while (!client.socket.closed) {
    client.socket.write(piece);
    await delay(10);
  }
}

test('a line that never ends is given up after the request timeout, however steadily it comes', async (t) => {
  const { client, recordLog } = await open(t, { requestTimeoutMs: 1_000, maxBodyBytes: 1_000_000 });
  await client.send(BATCH, chunk('1\n"'));
  await trickle(client, chunk('x'));
  const [response] = readResponses(client.text);
  assert.match(response?.body ?? '', /"line":1,"status":201/);
  assert.match(response?.body ?? '', /"done":false,"stored":1,"failed":0,"error":{"code":"request_timeout"/);
  assert.equal(recordLog.records.length, 1);
});

test('a batch whose first line never ends: 408', async (t) => {
  const { client } = await open(t, { requestTimeoutMs: 300, maxBodyBytes: 1_000_000 });
  await client.send(BATCH);
  await trickle(client, chunk('1'));
  const [response] = readResponses(client.text);
  assert.deepEqual([response?.status, response?.headers.get('connection')], [408, 'close']);
});

test('lines that end in time are taken for longer than the request timeout, blank ones too', async (t) => {
  const requestTimeoutMs = 2_000;
  const { client, recordLog } = await open(t, { requestTimeoutMs });
  await client.send(BATCH);
  const begun = performance.now();
  while (performance.now() - begun < 2 * requestTimeoutMs) {
    await client.send(chunk(performance.now() - begun < requestTimeoutMs ? '1\n' : '\n'));
    await delay(20);
  }
  await client.send('0\r\n\r\n');
  await client.until(() => client.text.includes('"done"'), 'the last line');
  assert.match(client.text, new RegExp(`"done":true,"stored":${recordLog.records.length},"failed":0`));
});

test('a head that never ends: 408, also behind another request and of nothing but line breaks', async (t) => {
  for (const [start, piece] of [
    ['', 'x'],
    ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', 'x'],
    ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', '\r\n'],
  ] as const) {
    const { client } = await open(t, { requestTimeoutMs: 300 });
    if (start !== '') {
      await client.send(start);
      await client.answered();
    }
    await client.send(piece === 'x' ? 'GET /livez HTTP/1.1\r\nX: ' : piece);
    await trickle(client, piece);
    const last = readResponses(client.text).at(-1);
    assert.deepEqual([last?.status, last?.headers.get('connection')], [408, 'close'], JSON.stringify(piece));
    assert.match(last?.body ?? '', /the headers did not arrive in time/);
  }
});

/** A batch that sends, and reads no result, until it is not read either. */
async function openUnread(t: Parameters<typeof startApp>[0], requestTimeoutMs: number) {
  const budget = new MemoryAccount({ bytes: 50_000_000, records: 100_000 });
  const under = await open(t, { requestTimeoutMs, budget, maxBodyBytes: 2_000 });
  const { client } = under;
  await client.send(BATCH);
  client.socket.pause();
  // Results of far more bytes than the buffers of two sockets hold.
  client.socket.write(chunk('x\n'.repeat(10_000)).repeat(40));
  await client.until(() => client.accepted.writableNeedDrain, 'no room for results');
  return under;
}

test('a client that does not read its results is cut off after the request timeout', async (t) => {
  const { client } = await openUnread(t, 300);
  await client.until(() => client.accepted.destroyed, 'cut off');
});

test('a client that reads its results, though slowly, is not cut off', async (t) => {
  const { client } = await openUnread(t, 3_000);
  const begun = performance.now();
  // Faster than a megabyte in that time: the kernel takes more of a response when a third of its buffer is free again.
  while (performance.now() - begun < 7_000) {
    client.socket.read();
    await delay(10);
    assert.equal(client.accepted.destroyed, false);
  }
});

test('closing does not wait for a client that does not read, sends half a head, half a body or nothing', async (t) => {
  const unread = await openUnread(t, 60_000);
  const { app, draining } = unread;
  const silent = await RawClient.open(t, app);
  const [head, body] = [await RawClient.open(t, app), await RawClient.open(t, app)];
  const refused = await RawClient.open(t, app);
  await head.send('POST /upload HTTP/1.1\r\nHost:');
  await body.send('POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc');
  await refused.send('POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc');
  await refused.answered();
  draining.abort();
  const begun = performance.now();
  await app.close();
  // As docs/http.md says, with what a busy machine takes besides.
  assert.ok(performance.now() - begun < 10_000);
  for (const client of [silent, head, body]) {
    const [response] = readResponses(await client.closed());
    assert.equal(response?.status, 503);
    assert.match(response.body, /"code":"shutting_down"/);
  }
  assert.equal(readResponses(refused.text)[0]?.status, 404);
  assert.equal(unread.client.accepted.destroyed, true);
});

test('what begins before closing and is whole within its time is answered', async (t) => {
  const { app, client, recordLog } = await open(t, {});
  await client.send('POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab');
  const closed = app.close();
  await delay(200);
  await client.send('cd');
  assert.equal(readResponses(await client.closed())[0]?.status, 201);
  await closed;
  assert.equal(recordLog.records.length, 1);
});
