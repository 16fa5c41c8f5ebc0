import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Drain, type DrainTimes } from '../../../apps/producer/http/drain.ts';
import type { Listener } from '../../../apps/producer/http/listener.ts';
import { listen, startApp } from './app-under-test.ts';
import { RawClient } from './raw-client.ts';

const EVERY_MS = 10;

interface Draining {
  readonly uploads: () => number;
  readonly closed: () => boolean;
  readonly ended: Promise<void>;
}

/** Begins a drain while uploads come, so many of them. */
function begin(t: TestContext, times: DrainTimes, count: number): Draining {
  const drain = new Drain(times);
  let [uploads, closed] = [0, false];
  const timer = setInterval(() => {
    if (uploads >= count) return;
    uploads += 1;
    drain.onUpload();
  }, EVERY_MS);
  t.after(() => clearInterval(timer));
  const listener = {
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  } as Partial<Listener> as Listener;
  const ended = drain.begin(listener, performance.now() + 60_000);
  return { uploads: () => uploads, closed: () => closed, ended };
}

test('the listener stays open while uploads come', async (t) => {
  // The timers of one loop fire in the order in which they are due, also where the machine stands still in between.
  const draining = begin(t, { quietMs: 10 * EVERY_MS, maxMs: 600_000 }, 50);
  await draining.ended;
  assert.equal(draining.uploads(), 50);
  assert.equal(draining.closed(), true);
});

test('the listener is closed at the longest wait, though uploads still come', async (t) => {
  const draining = begin(t, { quietMs: 10 * EVERY_MS, maxMs: 30 * EVERY_MS }, Infinity);
  await draining.ended;
  assert.equal(draining.closed(), true);
});

test('uploads and batches are told of, whichever path reads them, and probes are not', async (t) => {
  let told = 0;
  const { app } = await startApp(t, { onUpload: () => told++ });
  await listen(app);
  const client = await RawClient.open(t, app);
  const requests = [
    'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc',
    'POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'POST /upload/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 2\r\n\r\n1\n',
    'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
  const counts: number[] = [];
  for (const request of requests) {
    client.text = '';
    client.socket.write(request);
    await client.until(() => /\r\n\r\n[^]/.test(client.text), 'an answer');
    counts.push(told);
  }
  assert.deepEqual(counts, [1, 2, 3, 3, 3]);
});
