import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../apps/service/backoff.ts';

test('waits double up to a bound, each drawn from its upper half, and begin anew', (t) => {
  const random = t.mock.method(Math, 'random', () => 0);
  const backoff = new Backoff(100, 300);
  assert.deepEqual(
    [backoff.nextMs(), backoff.nextMs(), backoff.nextMs(), backoff.nextMs()],
    [50, 100, 150, 150],
  );
  backoff.reset();
  random.mock.mockImplementation(() => 1);
  assert.deepEqual([backoff.nextMs(), backoff.nextMs()], [100, 200]);
});
