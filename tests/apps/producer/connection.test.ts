import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { StoredRecord } from '../../../apps/producer/delivery/record-log.ts';
import { DeliveryError } from '../../../apps/producer/delivery/record-log.ts';
import {
  listen,
  readResponse,
  startApp,
  type AppUnderTest,
  type AppUnderTestOptions,
} from './app-under-test.ts';
import { RawClient } from './raw-client.ts';

const REQUEST = 'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
const STORED: StoredRecord = { partition: 0, offset: 0, timestamp: 0 };

interface Fixture extends AppUnderTest {
  readonly client: RawClient;
  /** Requests that Node's server was asked to answer. */
  readonly byNode: () => number;
}

async function open(t: TestContext, options?: AppUnderTestOptions, allowHalfOpen = false): Promise<Fixture> {
  const under = await startApp(t, options);
  await listen(under.app);
  let byNode = 0;
  under.app.server.on('request', () => byNode++);
  const client = await RawClient.open(t, under.app, allowHalfOpen);
  return { ...under, client, byNode: () => byNode };
}

/** Lets every record wait until it is settled. */
function holdRecords({ recordLog }: AppUnderTest): { settle: () => void } {
  const { promise, resolve } = Promise.withResolvers<StoredRecord>();
  recordLog.answer = () => promise;
  return { settle: () => resolve(STORED) };
}

const isStored = /^HTTP\/1\.1 201 Created\r\n/;
const countStored = (text: string) => text.split('HTTP/1.1 201 Created').length - 1;

test('a connection goes on after each answer, and to Node only with what is not plain', async (t) => {
  const { client, recordLog, byNode } = await open(t);
  for (let count = 1; count <= 3; count++) {
    await client.send(REQUEST);
    await client.answered(count);
  }
  assert.equal(byNode(), 0);
  await client.send('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.answered(4), /200 OK/);
  await client.send(REQUEST);
  await client.answered(5);
  assert.deepEqual([byNode(), recordLog.records.length, countStored(client.text)], [1, 4, 4]);
});

test('a connection goes on behind a batch whose last piece comes with its end while nobody reads', async (t) => {
  const fixture = await open(t);
  const { client, recordLog } = fixture;
  const held = holdRecords(fixture);
  const chunk = (lines: string): string => `${lines.length.toString(16)}\r\n${lines}\r\n`;
  await client.send(
    'POST /upload/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  // More lines than may be under way at once, so that what follows them is not read at once.
  await client.send(`${chunk('1\n'.repeat(1_500))}${chunk('2\n')}0\r\n\r\n`);
  await client.until(() => recordLog.records.length === 1_000, 'the window full');
  held.settle();
  await client.until(() => client.text.includes('"done":true'), 'the end of the answer');
  await client.send(REQUEST);
  await client.until(() => client.text.includes('201 Created'), 'the next answer');
});

test('each way is counted, and with the fast path off every upload takes the other', async (t) => {
  for (const fastPath of [true, false]) {
    const { client, byNode, registry } = await open(t, { fastPath });
    const counted = async (path: string): Promise<number> => {
      const text = await registry.metrics();
      return Number(new RegExp(`uploads_total\\{path="${path}"\\} (\\d+)`).exec(text)?.[1]);
    };
    await client.send(REQUEST);
    await client.answered(1);
    await client.send(REQUEST.slice(0, 10), REQUEST.slice(10));
    await client.answered(2);
    let counts: number[] = [];
    await client.until(() => {
      void Promise.all(['fast', 'node'].map(counted)).then((now) => (counts = now));
      return counts.reduce((sum, count) => sum + count, 0) === 2;
    }, 'both counted');
    assert.deepEqual(counts, fastPath ? [1, 1] : [0, 2]);
    assert.equal(byNode(), fastPath ? 1 : 2);
  }
});

test('the same head with another body, and another head with the same length', async (t) => {
  const { client, recordLog, byNode } = await open(t);
  const keyed = (key: string) => REQUEST.replace('Host: x', `Host: x\r\nX-Event-Key: ${key}`);
  for (const [index, request] of [
    keyed('a'),
    keyed('a').replace('abc', 'xyz'),
    keyed('b'),
    keyed(''),
  ].entries()) {
    await client.send(request);
    await client.answered(index + 1);
  }
  assert.deepEqual(
    recordLog.records.map(({ key, value }) => [String(key), String(value)]),
    [
      ['a', 'abc'],
      ['a', 'xyz'],
      ['b', 'abc'],
    ],
  );
  assert.equal(byNode(), 1);
});

test('what comes before an answer waits for it, in order and bounded', async (t) => {
  const fixture = await open(t);
  const { client, recordLog } = fixture;
  const { settle } = holdRecords(fixture);
  await client.send(REQUEST);
  const more = 10_000;
  client.socket.write(REQUEST.repeat(more));
  await client.until(() => client.accepted.isPaused(), 'paused');
  await client.until(
    () => client.socket.writableLength === 0 || client.accepted.readableLength > 65_536,
    'full',
  );
  assert.equal(recordLog.records.length, 1);
  assert.ok(client.accepted.readableLength <= 4 * 65_536, `${client.accepted.readableLength} bytes are held`);
  settle();
  // To count the answers takes longer, the more there are: the last of them are soon there once all is stored.
  await client.until(() => recordLog.records.length === more + 1, 'everything stored');
  await client.until(() => client.accepted.writableLength === 0, 'everything answered');
  await client.until(() => countStored(client.text) === more + 1, 'every answer');
});

test('one request that comes before an answer is answered after it', async (t) => {
  const fixture = await open(t);
  const { client, recordLog, byNode } = fixture;
  const { settle } = holdRecords(fixture);
  await client.send(REQUEST, REQUEST);
  assert.equal(recordLog.records.length, 1);
  settle();
  await client.answered(2);
  assert.deepEqual([countStored(client.text), recordLog.records.length, byNode()], [2, 2, 0]);
});

test('of a client that reads no answer, no more requests are read than fit into the buffers between', async (t) => {
  const { client, recordLog } = await open(t);
  const message = 'x'.repeat(200_000);
  recordLog.answer = () => Promise.reject(new DeliveryError('not-stored', message));
  client.socket.pause();
  let taken = 0;
  while (!client.accepted.writableNeedDrain) {
    await client.send(REQUEST);
    taken++;
    await client.until(() => recordLog.records.length === taken, 'the request taken');
    await client.until(() => client.accepted.writableNeedDrain || !client.accepted.isPaused(), 'written');
  }
  assert.ok(client.accepted.isPaused());
  client.socket.write(REQUEST);
  assert.equal(recordLog.records.length, taken);
  client.socket.resume();
  await client.answered(taken + 1);
  assert.equal(recordLog.records.length, taken + 1);
});

test('a client that is gone before the answer: its record is counted once, and nothing breaks', async (t) => {
  const fixture = await open(t);
  const { client, registry } = fixture;
  const { settle } = holdRecords(fixture);
  await client.send(REQUEST);
  client.socket.resetAndDestroy();
  await client.until(() => client.accepted.closed, 'the connection closed');
  settle();
  await client.until(() => true, 'settled');
  assert.match(await registry.metrics(), /records_total\{route="\/upload",code="stored"\} 1\n/);
});

for (const [way, pieces] of [
  ['plain', [REQUEST]],
  ["by Node's server", [REQUEST.slice(0, 9), REQUEST.slice(9)]],
] as const) {
  test(`a client that ends its half before the answer still has it, as the last, ${way}`, async (t) => {
    const fixture = await open(t, {}, true);
    const { client, recordLog } = fixture;
    const { settle } = holdRecords(fixture);
    await client.send(...pieces);
    client.socket.end();
    await client.until(() => client.accepted.readableEnded, 'the end heard of');
    settle();
    assert.match(await client.closed(), isStored);
    assert.match(client.text, /connection: close\r\n/i);
    assert.equal(recordLog.records.length, 1);
  });

  test(`a client that ends its half after the answer: the other half is ended too, ${way}`, async (t) => {
    const { client } = await open(t, {}, true);
    await client.send(...pieces);
    await client.answered();
    client.socket.end();
    assert.match(await client.closed(), isStored);
  });

  test(`an idle connection is closed after its time, ${way}`, async (t) => {
    const { app, client } = await open(t, { requestTimeoutMs: 1_000 });
    app.server.keepAliveTimeout = 1;
    app.server.keepAliveTimeoutBuffer = 0;
    await client.send(...pieces);
    assert.match(await client.closed(), isStored);
  });
}

test('a connection that waits for its answer is not idle', async (t) => {
  const fixture = await open(t, { requestTimeoutMs: 1_000 });
  const { app, client } = fixture;
  const { settle } = holdRecords(fixture);
  app.server.keepAliveTimeout = 1;
  app.server.keepAliveTimeoutBuffer = 0;
  await client.send(REQUEST);
  // Its time is up before that of one that began later.
  const later = await RawClient.open(t, app);
  await later.closed();
  settle();
  assert.match(await client.closed(), isStored);
});

test('a new connection on which nothing comes: 408 after the time for headers', async (t) => {
  const { client, byNode } = await open(t, { requestTimeoutMs: 100 });
  const answer = readResponse(await client.closed());
  assert.deepEqual([answer.statusCode, answer.headers.get('connection')], [408, 'close']);
  assert.match(answer.body, /the headers did not arrive in time/);
  assert.equal(byNode(), 0);
});

test('while draining the answer is the last, and what came behind it is not taken', async (t) => {
  const fixture = await open(t);
  const { client, draining, recordLog } = fixture;
  const { settle } = holdRecords(fixture);
  await client.send(REQUEST, REQUEST);
  draining.abort();
  settle();
  const text = await client.closed();
  assert.match(text, /connection: close\r\n/);
  assert.deepEqual([countStored(text), recordLog.records.length], [1, 1]);
});

test('closing: an idle connection is closed, one under way after its answer, a new one after its first', async (t) => {
  const fixture = await open(t);
  const { app, client: idle } = fixture;
  await idle.send(REQUEST);
  await idle.answered();
  const { settle } = holdRecords(fixture);
  const [busy, fresh] = [await RawClient.open(t, app), await RawClient.open(t, app)];
  await busy.send(REQUEST);
  const closed = app.close();
  await idle.closed();
  settle();
  assert.match(await busy.closed(), /connection: close\r\n/);
  await fresh.send(REQUEST);
  assert.match(await fresh.closed(), /connection: close\r\n/);
  await closed;
});

test('at the deadline what is left is cut', async (t) => {
  const fixture = await open(t);
  const { app, client: busy } = fixture;
  holdRecords(fixture);
  const fresh = await RawClient.open(t, app);
  await busy.send(REQUEST);
  const closed = app.close();
  app.server.closeAllConnections();
  assert.deepEqual(await Promise.all([busy.closed(), fresh.closed()]), ['', '']);
  await closed;
});
