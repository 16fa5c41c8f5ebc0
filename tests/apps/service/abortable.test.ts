import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { abortable } from '../../../apps/service/abortable.ts';

test('a promise is waited for until the signal aborts, and no listener stays', async () => {
  const abort = new AbortController();
  const { signal } = abort;
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  assert.equal(await abortable(Promise.resolve(7), signal), 7);
  await assert.rejects(abortable(Promise.reject(new Error('lost')), signal), { message: 'lost' });
  assert.equal(listeners(), 0);
  const never = Promise.withResolvers<undefined>();
  const waiting = abortable(never.promise, signal);
  assert.equal(listeners(), 1);
  abort.abort(new Error('closed'));
  await assert.rejects(waiting, { message: 'closed' });
  assert.equal(listeners(), 0);
});

test('the reason of a signal that has aborted already wins, and a later failure is heard', async () => {
  const signal = AbortSignal.abort(new Error('closed'));
  await assert.rejects(abortable(Promise.resolve(7), signal), { message: 'closed' });
  await assert.rejects(abortable(Promise.reject(new Error('lost')), signal), { message: 'closed' });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
