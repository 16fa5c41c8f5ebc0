import assert from 'node:assert/strict';
import test from 'node:test';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { error, start } from './scene.ts';

test('closing settles everything by the deadline: sent is unknown, queued is refused, new is refused', async (t) => {
  const { cluster, send, log, budget } = await start(t);
  cluster.produce = () => 'silent';
  const sent = send('sent');
  await waitUntil(() => cluster.sent.length === 1, { what: 'sent', deadlineMs: 2_000 });
  const queued = send('queued');
  const begun = performance.now();
  const closed = log.close(begun + 200);
  assert.equal(await send('late'), 'refused');
  assert.deepEqual(await Promise.all([sent, queued]), ['unknown', 'refused']);
  await closed;
  assert.ok(performance.now() - begun < 1_500);
  assert.deepEqual([budget.records, budget.bytes], [0, 0]);
  await waitUntil(() => cluster.brokers[0]?.connections === 0, { what: 'closed', deadlineMs: 2_000 });
});

test('closing ends the wait between two attempts', async (t) => {
  const { cluster, send, log } = await start(t);
  cluster.produce = () => error('NOT_ENOUGH_REPLICAS');
  const result = send('a');
  await waitUntil(() => cluster.sent.length === 5, { what: 'attempts', deadlineMs: 5_000 });
  const begun = performance.now();
  await log.close(begun);
  assert.equal(await result, 'refused');
  assert.ok(performance.now() - begun < 1_000);
});
