import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryPool, MemoryShare } from '../../../../apps/consumer/object/memory-pool.ts';

const { signal } = new AbortController();

test('who wants more than is free waits until enough is given back, and calls for relief meanwhile', async () => {
  let calls = 0;
  const pool = new MemoryPool(100, () => (calls += 1));
  const [first, second] = [new MemoryShare(pool), new MemoryShare(pool)];
  first.set(60);
  second.set(30);
  let hasRoom = false;
  const waiting = pool.room(50, signal).then(() => (hasRoom = true));
  second.set(0);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(hasRoom, false);
  assert.ok(calls >= 1);
  first.set(50);
  await waiting;
  assert.equal(pool.used, 50);
});

test('what is larger than the whole pool gets it alone, or it would wait for ever', async () => {
  const pool = new MemoryPool(100);
  await pool.room(1000, signal);
  const share = new MemoryShare(pool);
  share.set(1);
  const waiting = pool.room(1000, signal);
  share.set(0);
  await waiting;
});

test('nobody waits once the signal has aborted', async () => {
  const pool = new MemoryPool(10);
  pool.add(20);
  const abort = new AbortController();
  const waiting = pool.room(1, abort.signal);
  abort.abort();
  await waiting;
});
