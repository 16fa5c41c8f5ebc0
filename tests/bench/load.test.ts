import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { runClosedLoop } from './upload/closed-loop.ts';
import { runOpenLoop } from './upload/open-loop.ts';

/** Answers with each status in turn. */
async function serve(context: TestContext, statuses: readonly number[]): Promise<string> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(statuses[requests++ % statuses.length] ?? 500, { 'content-length': 0 }).end();
  });
  return listen(context, server);
}

async function listen(context: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the open loop sends what is due, and counts each kind of answer by itself', async (context) => {
  const endpoint = await serve(context, [201, 503, 503, 500]);
  const { events, errors, refused } = await runOpenLoop(endpoint, 400, 1);
  assert.deepEqual({ events, errors, refused: refused.events }, { events: 100, errors: 300, refused: 200 });
  assert.ok(refused.p99Ms > 0);
});

test('a body that comes after its head is not taken for the answer to the next request', async (context) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(201, { 'content-length': 12 });
    response.flushHeaders();
    setTimeout(() => response.end('201 and more'), 2);
  });
  const endpoint = await listen(context, server);
  const { events, errors } = await runOpenLoop(endpoint, 1_000, 0.5);
  assert.deepEqual({ events, errors }, { events: 500, errors: 0 });
});

test('an open loop that is ended counts the rest of what was due as errors', async (context) => {
  const endpoint = await serve(context, [201]);
  const { events, errors } = await runOpenLoop(endpoint, 100, 60, { signal: AbortSignal.timeout(500) });
  assert.ok(events > 0 && events < 1_000, String(events));
  assert.equal(events + errors, 6_000);
});

test('a closed loop sends again on each connection once it is answered', async (context) => {
  const endpoint = await serve(context, [201, 503]);
  const { events, errors } = await runClosedLoop(endpoint, 4, 0.5);
  assert.ok(events > 4 && errors > 4 && Math.abs(events - errors) <= 4, `${events} and ${errors}`);
});
