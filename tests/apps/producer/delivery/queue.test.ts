import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Queue, type Pending } from '../../../../apps/producer/delivery/queue.ts';
import { exposeCollector } from '../../../../apps/service/memory/v8-flags.ts';
import { pendingOf } from '../pending.ts';

const pending = () => pendingOf({ value: Buffer.from('{}'), headers: new Map() }, 0);

test('what a queue has handed out it does not hold, though others wait behind it', async () => {
  const queue = new Queue();
  const take = () => {
    queue.push(pending(), 2);
    queue.push(pending(), 2);
    return new WeakRef(queue.take(1, Infinity)?.pending as Pending);
  };
  const taken = take();
  // A target of a WeakRef lives until the end of the task that made it.
  await setImmediate();
  exposeCollector()('major');
  assert.equal(taken.deref(), undefined);
  assert.equal(queue.length, 1);
});
