import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryAccount, MemoryShare } from '../../../../apps/service/memory/memory-account.ts';

const { signal } = new AbortController();

test('who wants more than is free waits until enough is given back, and calls for relief meanwhile', async () => {
  let calls = 0;
  const account = new MemoryAccount({ bytes: 100 }, () => (calls += 1));
  const [first, second] = [new MemoryShare(account), new MemoryShare(account)];
  first.set(60);
  second.set(30);
  let hasRoom = false;
  const waiting = account.room(50, signal).then(() => (hasRoom = true));
  second.set(0);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(hasRoom, false);
  assert.ok(calls >= 1);
  first.set(50);
  await waiting;
  assert.equal(account.bytes, 50);
});

test('what is larger than the whole account gets it alone, or it would wait for ever', async () => {
  const account = new MemoryAccount({ bytes: 100 });
  await account.room(1000, signal);
  const share = new MemoryShare(account);
  share.set(1);
  const waiting = account.room(1000, signal);
  share.set(0);
  await waiting;
});

test('nobody waits once the signal has aborted', async () => {
  const account = new MemoryAccount({ bytes: 10 });
  account.hold(20);
  const abort = new AbortController();
  const waiting = account.room(1, abort.signal);
  abort.abort();
  await waiting;
});

test('records and bytes are taken together or not at all', () => {
  const account = new MemoryAccount({ bytes: 100, records: 2 });
  assert.ok(account.take(60, 1));
  assert.ok(!account.take(41, 1), 'too many bytes');
  assert.ok(!account.take(1, 2), 'too many records');
  assert.deepEqual([account.bytes, account.records], [60, 1]);
  assert.ok(account.take(40, 1));
  account.give(100, 2);
  assert.deepEqual([account.bytes, account.records], [0, 0]);
});

test('of those that wait each is woken in its turn once there is room, a smaller one before a larger one', async () => {
  const account = new MemoryAccount({ bytes: 100, records: 10 });
  account.hold(100, 10);
  const woken: string[] = [];
  const wait = async (name: string, bytes: number, records: number): Promise<void> => {
    await account.room(bytes, signal, records);
    woken.push(name);
    assert.ok(account.take(bytes, records), name);
  };
  const waiting = [wait('large', 60, 1), wait('first', 20, 1), wait('second', 20, 1), wait('many', 1, 9)];
  account.give(40, 2);
  await Promise.all(waiting.slice(1, 3));
  assert.deepEqual(woken, ['first', 'second']);
  account.give(60, 8);
  await waiting[0];
  assert.deepEqual(woken, ['first', 'second', 'large']);
  account.give(100, 3);
  await waiting[3];
});
