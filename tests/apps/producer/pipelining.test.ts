import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { listen, startApp } from './app-under-test.ts';
import { RawClient } from './raw-client.ts';
import { readResponses } from './responses.ts';

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const PLAIN = 'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
const IN_CHUNKS =
  'POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

for (const [what, request] of [
  ['plain uploads', PLAIN],
  ['uploads in chunks', IN_CHUNKS],
] as const) {
  test(`of ${what} in one write one is under way at a time, and each is answered in its turn`, async (t) => {
    const { app, recordLog } = await startApp(t);
    await listen(app);
    let underWay = 0;
    let most = 0;
    recordLog.answer = async (_record, offset) => {
      most = Math.max(most, ++underWay);
      await delay(1);
      underWay--;
      return { partition: 0, offset, timestamp: 0 };
    };
    const client = await RawClient.open(t, app);
    client.socket.write(request.repeat(300));
    await client.until(() => client.text.split('"offset":').length === 301, 'every answer');
    const offsets = readResponses(client.text).map(({ body }) => /"offset":(\d+)/.exec(body)?.[1]);
    assert.deepEqual(
      offsets,
      Array.from({ length: 300 }, (_, index) => String(index)),
    );
    assert.equal(most, 1);
  });
}

test('of requests in one write no more are begun than are answered, and others have their turn between them', async (t) => {
  const { app, registry } = await startApp(t);
  await listen(app);
  let begun = 0;
  app.server.on('request', () => begun++);
  let rendered = 0;
  const render = registry.metrics.bind(registry);
  registry.metrics = () => {
    rendered++;
    return render();
  };
  const [greedy, other] = [await RawClient.open(t, app), await RawClient.open(t, app)];
  greedy.socket.write(GET('/metrics').repeat(600));
  await greedy.until(() => begun > 0, 'the first begun');
  other.socket.write(GET('/livez'));
  await other.answered();
  assert.ok(rendered < 300, `${rendered} of 600 came before another's request`);
  await greedy.until(() => greedy.text.split('HTTP/1.1 200 OK').length === 601, 'every answer');
});

test('of a client that takes no responses no request is begun', async (t) => {
  const { app } = await startApp(t);
  await listen(app);
  let begun = 0;
  app.server.on('request', () => begun++);
  const client = await RawClient.open(t, app);
  client.socket.pause();
  client.socket.write(GET('/openapi.json').repeat(4_000));
  await client.until(() => client.accepted.writableLength > 0 && client.accepted.isPaused(), 'no room');
  const before = begun;
  await delay(100);
  assert.equal(begun, before);
  assert.ok(begun < 4_000);
});

test('metrics are rendered once for all that ask at once, and anew for who asks later', async (t) => {
  const { app, registry } = await startApp(t);
  let rendered = 0;
  const render = registry.metrics.bind(registry);
  registry.metrics = () => {
    rendered++;
    return render();
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject('/metrics')));
  assert.ok(answers.every(({ body }) => body === answers[0]?.body && body.includes('# TYPE')));
  assert.equal(rendered, 1);
  await app.inject('/metrics');
  assert.equal(rendered, 2);
});

for (const [what, request, headMs] of [
  ['a plain upload', PLAIN, 0],
  ['an upload in chunks', IN_CHUNKS, 0],
  ['an upload whose head takes longer than its slice', IN_CHUNKS, 20],
] as const) {
  test(`what follows ${what} is not read where the budget has no room for it: the response is the last`, async (t) => {
    const budget = new MemoryAccount({ bytes: 150_000, records: 1_000 });
    const { app, recordLog } = await startApp(t, { budget });
    await listen(app);
    app.server.on('request', () => spin(headMs));
    const { promise, resolve } = Promise.withResolvers<undefined>();
    recordLog.answer = async (_record, offset) => {
      await promise;
      return { partition: 0, offset, timestamp: 0 };
    };
    const clients = [await RawClient.open(t, app), await RawClient.open(t, app)] as const;
    // The first response is held back until what follows has been seen: of one it waits, of the other it is dropped.
    await clients[0].send(request, request);
    await clients[0].until(() => budget.bytes >= 131_072, 'the second request waiting');
    await clients[1].send(request, request);
    await clients[1].until(() => clients[1].accepted.readableLength === 0, 'the second request dropped');
    assert.equal(recordLog.records.length, 2);
    resolve(undefined);
    await clients[0].answered(2);
    const [only, ...others] = readResponses(await clients[1].closed());
    assert.deepEqual([only?.status, only?.headers.get('connection'), others], [201, 'close', []]);
    assert.equal(recordLog.records.length, 3);
    assert.equal(budget.bytes, 0);
  });
}

/** Keeps the event loop busy. */
function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
