import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { within } from '../../../within.ts';
import { error, keyOf, offsetOf, start, values } from './fixture.ts';

test('a broker that hangs is left after 3 s, and the very same batch goes to the next leader', async (t) => {
  const { cluster, broker, send } = await start(t, { brokers: 2 });
  await send('a');
  broker.hangs = true;
  setTimeout(() => {
    cluster.leaders = [1];
    cluster.epoch++;
  }, 1_000);
  assert.equal(offsetOf(await within(12_000, send('b'))), 1);
  const last = cluster.sent.at(-1);
  assert.equal(last?.broker, cluster.brokers[1]);
  assert.deepEqual([last?.batch.producerId, last?.batch.firstSequence], [100n, 1]);
});

test('a connection that is never answered again is left after 3 s for a new one to the same leader', async (t) => {
  const { cluster, broker, send } = await start(t);
  await send('a');
  broker.mute();
  assert.equal(offsetOf(await within(12_000, send('b'))), 1);
  assert.deepEqual(cluster.sent.map(values), [['a'], ['b']]);
});

test('a broker that hangs holds up only the keys that are its own', async (t) => {
  const { cluster, send, log } = await start(t, { brokers: 2, leaders: [0, 1, 1] });
  // So that every producer has its producer id, and metadata is asked of the first broker.
  for (const value of ['a', 'b', 'c', 'd']) await send(value);
  const [, second] = cluster.brokers;
  assert.ok(second);
  second.hangs = true;
  const stuck = send('stuck', keyOf(1, 3));
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  let isStuck = true;
  void stuck.finally(() => (isStuck = false));
  const results = await Promise.all(Array.from({ length: 50 }, (_, index) => send(String(index))));
  assert.ok(results.every((result) => typeof result !== 'string' && result.partition === 0));
  assert.ok(isStuck);
  second.hangs = false;
  const result = await stuck;
  assert.ok(typeof result === 'object' && result.partition === 1);
  assert.ok(log.connections <= 3);
});

test('ready only when a leader answers, not when metadata alone does', async (t) => {
  const { cluster, broker, log, send } = await start(t, { brokers: 2, leaders: [0] });
  await send('a');
  broker.hangs = true;
  broker.mute();
  await waitUntil(() => (void send('b'), log.notReady()), {
    what: 'not ready',
    deadlineMs: 60_000,
    everyMs: 500,
  });
  assert.match(log.notReady() ?? '', /no partition of events has a leader that responds|no response/);
  broker.hangs = false;
  await waitUntil(() => log.notReady() === undefined, { what: 'ready', deadlineMs: 60_000 });
  assert.equal(cluster.brokers.length, 2);
});

test('a broker that does not speak the version of a request that is sent is named', async (t) => {
  const { cluster, broker, send, log } = await start(t);
  assert.equal(typeof (await send('a')), 'object');
  cluster.versions = { produce: [3, 8] };
  await broker.stop();
  await broker.start();
  await waitUntil(
    () =>
      /must speak version 9 of Produce, as Kafka 3\.9\.2 and 4\.4\.0 do, it speaks 3 to 8/.test(
        log.notReady() ?? '',
      ),
    { what: 'named', deadlineMs: 60_000 },
  );
});

test('a broker that lags behind and tells of an earlier topic ends no delivery: the next one is asked', async (t) => {
  const { cluster, broker, log, send } = await start(t, { brokers: 2, leaders: [1] });
  await send('a');
  const earlier = cluster.topicId;
  cluster.topicId = '99999999-2222-3333-4444-555555555555';
  cluster.epoch++;
  cluster.script.push(error('UNKNOWN_TOPIC_OR_PARTITION'));
  assert.equal(await send('of the earlier topic', 'key'), 'not-stored');
  assert.equal(typeof (await send('b', 'key')), 'object');
  broker.topicId = earlier;
  cluster.script.push(error('NOT_LEADER_OR_FOLLOWER'), error('NOT_LEADER_OR_FOLLOWER'));
  assert.equal(typeof (await send('c', 'key')), 'object');
  assert.equal(log.notReady(), undefined);
});

test('partitions that are added are found, and an older epoch does not bring an old leader back', async (t) => {
  const { cluster, send } = await start(t, { brokers: 2, leaders: [0] });
  cluster.script.push(error('NOT_LEADER_OR_FOLLOWER'));
  cluster.leaders = [1, 1];
  cluster.epoch = 5;
  await send('a');
  assert.equal(cluster.sent.at(-1)?.broker, cluster.brokers[1]);
  cluster.leaders = [0, 0];
  cluster.epoch = 4;
  cluster.script.push(error('NOT_LEADER_OR_FOLLOWER'));
  // The turn of the first partition is over by then.
  await sleep(150);
  await send('b');
  assert.equal(cluster.sent.at(-1)?.broker, cluster.brokers[1]);
  assert.deepEqual(new Set(cluster.sent.map(({ partition }) => partition)), new Set([0, 1]));
});

test('at most one connection to each broker and one more, whatever happens', async (t) => {
  const { cluster, send } = await start(t, { brokers: 3, leaders: [0, 1, 2, 0, 1, 2] });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(
      most,
      cluster.brokers.reduce((sum, { connections }) => sum + connections, 0),
    );
  }, 1);
  t.after(() => clearInterval(watch));
  for (let round = 0; round < 20; round++) {
    if (round % 5 === 4) cluster.script.push('hang up');
    await Promise.all(Array.from({ length: 100 }, (_, index) => send(String(index), String(index))));
  }
  assert.ok(most >= 4 && most <= 4, String(most));
});

test('a broker that throttles gets the time it asks for before it is taken for hanging', async (t) => {
  const { cluster, send } = await start(t);
  cluster.script.push({ throttleMs: 2_000 });
  await send('a');
  cluster.produce = () => {
    cluster.produce = () => ({});
    return 'silent';
  };
  const begun = performance.now();
  await send('b');
  assert.ok(performance.now() - begun > 4_500);
});
