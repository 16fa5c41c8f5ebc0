import assert from 'node:assert/strict';
import test from 'node:test';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { within } from '../../../within.ts';
import { error, start } from './fixture.ts';

test('closing settles everything by the deadline: sent is unknown, queued is refused, new is refused', async (t) => {
  const { cluster, send, log, budget } = await start(t);
  cluster.produce = () => 'silent';
  const sent = send('sent');
  await waitUntil(() => cluster.sent.length >= 1, { what: 'sent', deadlineMs: 60_000 });
  const queued = send('queued');
  const closed = log.close(performance.now() + 200);
  assert.equal(await send('late'), 'not-stored');
  assert.deepEqual(await within(1_500, Promise.all([sent, queued])), ['unknown', 'not-stored']);
  await closed;
  assert.deepEqual([budget.records, budget.bytes], [0, 0]);
  await waitUntil(() => cluster.brokers[0]?.connections === 0, { what: 'closed', deadlineMs: 60_000 });
});

test('closing ends the wait between two attempts', async (t) => {
  const { cluster, send, log } = await start(t);
  cluster.produce = () => error('NOT_ENOUGH_REPLICAS');
  const result = send('a');
  await waitUntil(() => cluster.sent.length >= 5, { what: 'attempts', deadlineMs: 60_000 });
  // The broker is of this process: after some turns of its loop the answer to the fifth has been read.
  for (let round = 0; round < 50; round += 1) await new Promise(setImmediate);
  await log.close(performance.now());
  assert.equal(await within(1_000, result), 'not-stored');
});
