import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { Sender } from '../../../../infra/local/up/sender.ts';

type Respond = (response: ServerResponse) => void;

/** A producer that gives each attempt at an event the next of its answers. */
async function send(t: TestContext, events: string[], answers: Record<string, Respond[]>) {
  const seen = new Map<string, string[]>();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void text(request).then((body) => {
      const ids = seen.get(body) ?? [];
      ids.push(String(request.headers['x-request-id']));
      seen.set(body, ids);
      (answers[body]?.[ids.length - 1] ?? stored(0))(response);
    });
  }).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sender = new Sender(`http://127.0.0.1:${port}`, new AbortController().signal);
  await sender.send(
    (async function* () {
      for (const event of events) yield Promise.resolve(Buffer.from(event));
    })(),
  );
  return { sender, attempts: [...sender.ledger.attempts], ids: (event: string) => seen.get(event) ?? [] };
}

const stored =
  (offset: number): Respond =>
  (response) =>
    response.writeHead(201).end(JSON.stringify({ topic: 'events', partition: 2, offset, timestamp: 1 }));
const answer =
  (status: number, headers: Record<string, string> = {}): Respond =>
  (response) =>
    response.writeHead(status, headers).end('why');
const reset: Respond = (response) => response.socket?.resetAndDestroy();

test('an accepted event stands in the ledger with its place, its bytes and its request id', async (t) => {
  const { sender, attempts, ids } = await send(t, ['{"a":1}'], { '{"a":1}': [stored(7)] });
  assert.deepEqual(attempts, [
    {
      id: ids('{"a":1}')[0],
      outcome: 'accepted',
      sha256: hash('sha256', '{"a":1}'),
      partition: 2,
      offset: 7,
    },
  ]);
  assert(ids('{"a":1}')[0]?.startsWith(sender.ledger.requestIdPrefix));
  assert.deepEqual([sender.accepted, sender.failed], [1, 0]);
});

test('an event that is stored at an offset that nobody knows is accepted, without a place', async (t) => {
  const { attempts } = await send(t, ['1'], {
    '1': [(response) => response.writeHead(201).end('{"topic":"events","partition":2,"offset":null}')],
  });
  assert.equal(attempts[0]?.outcome, 'accepted');
  assert.deepEqual([attempts[0].partition, attempts[0].offset], [2, undefined]);
});

for (const [what, first, outcome] of [
  ['503', answer(503, { 'retry-after': '0' }), 'refused'],
  ['429', answer(429, { 'retry-after': '0' }), 'refused'],
  ['504', answer(504, { 'retry-after': '0' }), 'unknown'],
  ['500', answer(500, { 'retry-after': '0' }), 'unknown'],
  ['a reset connection', reset, 'unknown'],
] as const) {
  test(`${what} is ${outcome}, and sent again as a new attempt with a new request id`, async (t) => {
    const { sender, attempts, ids } = await send(t, ['1'], { '1': [first, stored(0)] });
    assert.deepEqual(
      attempts.map((attempt) => attempt.outcome),
      [outcome, 'accepted'],
    );
    assert.equal(new Set(ids('1')).size, 2);
    assert.deepEqual([sender.accepted, sender.failed], [1, 0]);
  });
}

test('400 is refused for good, and the first such answer is kept', async (t) => {
  const { sender, ids } = await send(t, ['x', '2'], { x: [answer(400)] });
  assert.equal(ids('x').length, 1);
  assert.deepEqual([sender.accepted, sender.failed], [1, 1]);
  assert.equal(sender.failure, 'event 1: 400 why');
});
