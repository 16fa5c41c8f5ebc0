import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { waitUntil } from '../../infra/local/wait.ts';
import { Load } from './load.ts';
import { ReadinessProxy } from './readiness-proxy.ts';

/** A stand-in for a producer: these tests judge the tools alone. */
async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const accept: RequestListener = (_request, response) =>
  response.writeHead(201).end('{"partition":1,"offset":2}');

for (const [status, outcome] of [
  [201, 'accepted'],
  [400, 'refused'],
  [413, 'refused'],
  [503, 'refused'],
  [500, 'unknown'],
  [502, 'unknown'],
  [504, 'unknown'],
] as const) {
  test(`a ${status} is counted as ${outcome}`, async (t) => {
    const endpoint = await serve(t, (_request, response) =>
      response.writeHead(status).end('{"partition":1,"offset":2}'),
    );
    const load = new Load({ endpoint, events: 3, ratePerSecond: 1_000 });
    await load.done;
    const attempts = [...load.ledger.attempts];
    assert.deepEqual(
      attempts.map((attempt) => attempt.outcome),
      [outcome, outcome, outcome],
    );
    assert.deepEqual(load.answers, { [status]: 3 });
    assert.equal(load.failed, outcome === 'accepted' ? 0 : 3);
  });
}

test('a connection reset and an answer that never comes are counted as unknown', async (t) => {
  const endpoint = await serve(t, (request) => {
    if (request.headers['x-request-id']?.includes('-0.') === true) request.socket.resetAndDestroy();
  });
  const load = new Load({ endpoint, events: 2, ratePerSecond: 1_000, timeoutMs: 200 });
  await load.done;
  assert.deepEqual(load.answers, { ABORT_ERR: 1, ECONNRESET: 1 });
  assert.ok([...load.ledger.attempts].every(({ outcome }) => outcome === 'unknown'));
});

test('an event is sent again under a new request id until it is accepted', async (t) => {
  const ids: unknown[] = [];
  const endpoint = await serve(t, (request, response) => {
    ids.push(request.headers['x-request-id']);
    if (ids.length < 3) response.writeHead(503).end();
    else accept(request, response);
  });
  const load = new Load({ endpoint, events: 1, ratePerSecond: 10, retries: 5 });
  await load.done;
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(
    [...load.ledger.attempts].map(({ id, outcome }) => [id, outcome]),
    [
      [ids[0], 'refused'],
      [ids[1], 'refused'],
      [ids[2], 'accepted'],
    ],
  );
});

test('the longest silence of a partition that never answers again is endless', async (t) => {
  const endpoint = await serve(t, accept);
  const load = new Load({ endpoint, events: 3, ratePerSecond: 100 });
  await load.done;
  assert.ok(load.longestSilenceMs(0, [1]) < Infinity);
  assert.equal(load.longestSilenceMs(0, [1, 4]), Infinity);
});

test('the readiness-aware proxy leaves out who is not ready, and sends nothing twice', async (t) => {
  let ready = true;
  let failed = 0;
  const healthy = await serve(t, accept);
  const leaving = await serve(t, (request, response) => {
    if (request.url === '/readyz') {
      response.writeHead(ready ? 200 : 503).end();
    } else {
      failed += 1;
      request.socket.resetAndDestroy();
    }
  });
  const proxy = await ReadinessProxy.listen([healthy, leaving], 10);
  t.after(() => proxy.close());
  const before = new Load({ endpoint: proxy.endpoint, events: 10, ratePerSecond: 1_000 });
  await before.done;
  assert.deepEqual(before.answers, { 201: 5, 502: 5 });
  assert.equal(failed, 5);

  ready = false;
  await waitUntil(() => proxy.ready === 1, { what: 'one upstream left', deadlineMs: 60_000 });
  const after = new Load({ endpoint: proxy.endpoint, events: 10, ratePerSecond: 1_000 });
  await after.done;
  assert.deepEqual(after.answers, { 201: 10 });
  assert.equal(failed, 5);
});
