import assert from 'node:assert/strict';
import test from 'node:test';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { within } from '../../../within.ts';
import { error, idOf, offsetOf, start, values } from './fixture.ts';

test('an attempt without an answer is repeated as the very same batch', async (t) => {
  const { cluster, send } = await start(t);
  cluster.script.push('hang up', error('REQUEST_TIMED_OUT'), error('NOT_LEADER_OR_FOLLOWER'));
  assert.equal(offsetOf(await send('a')), 0);
  const [first, ...again] = cluster.sent;
  assert.equal(again.length, 3);
  for (const sent of again) assert.deepEqual(sent.bytes, first?.bytes);
  assert.equal(offsetOf(await send('b')), 1);
  assert.deepEqual([cluster.sent[4]?.batch.producerId, cluster.sent[4]?.batch.firstSequence], [100n, 1]);
});

test('refusals until the deadline are a refusal; then the next batch has a new producer id', async (t) => {
  // Long enough that hardly an attempt is under way at its end: that one would make the outcome unknown.
  const { cluster, send } = await start(t, { limits: { deliveryTimeoutMs: 2_000 } });
  cluster.produce = () => error('NOT_ENOUGH_REPLICAS');
  assert.equal(await send('a'), 'not-stored');
  assert.ok(cluster.sent.length > 2);
  cluster.produce = () => ({});
  assert.equal(offsetOf(await send('b')), 0);
  const last = cluster.sent.at(-1);
  assert.deepEqual([last?.batch.producerId, last?.batch.firstSequence], [101n, 0]);
});

test('one attempt among refusals that may have been appended makes the outcome unknown', async (t) => {
  const { cluster, send } = await start(t, { limits: { deliveryTimeoutMs: 2_500 } });
  const refusal = error('NOT_LEADER_OR_FOLLOWER');
  for (const doubt of [
    'hang up',
    { ...refusal, offset: 5n },
    { ...error('UNKNOWN_TOPIC_OR_PARTITION'), offset: 5n },
    { ...error('NOT_ENOUGH_REPLICAS_AFTER_APPEND'), offset: 5n },
  ] as const) {
    const attempts = cluster.sent.length;
    cluster.produce = () => (cluster.sent.length === attempts + 2 ? doubt : refusal);
    assert.equal(
      await send('a'),
      'unknown',
      JSON.stringify(doubt, (_key, value: unknown) => String(value)),
    );
  }
});

test('a lost producer id: unknown at once, never sent again, and a new id for what comes next', async (t) => {
  const { cluster, send } = await start(t);
  const lost = [
    'UNKNOWN_PRODUCER_ID',
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'INVALID_PRODUCER_EPOCH',
    'PRODUCER_FENCED',
  ];
  for (const [index, name] of lost.entries()) {
    cluster.script.push(error(name));
    assert.equal(await send(name), 'unknown');
    assert.equal(cluster.sent.length, 2 * index + 1);
    assert.equal(offsetOf(await send('next')), index);
  }
  assert.deepEqual(
    cluster.sent.map((sent) => [idOf(sent), values(sent)]),
    lost.flatMap((name, index) => [
      [100n + BigInt(index), [name]],
      [101n + BigInt(index), ['next']],
    ]),
  );
  assert.ok(
    cluster.sent.every(({ batch }, index) => index === 0 || batch.firstSequence === 0 || index % 2 === 0),
  );
});

test('a duplicate is success only after an attempt of the same batch that may have been appended', async (t) => {
  const { cluster, send } = await start(t);
  cluster.script.push('hang up', error('DUPLICATE_SEQUENCE_NUMBER'));
  assert.equal(offsetOf(await send('a')), null);
  cluster.script.push(error('DUPLICATE_SEQUENCE_NUMBER'));
  assert.equal(await send('b'), 'unknown');
  cluster.script.push(error('NOT_LEADER_OR_FOLLOWER'), error('DUPLICATE_SEQUENCE_NUMBER'));
  assert.equal(await send('c'), 'unknown');
});

test('one record that is too large, or not allowed, is refused alone', async (t) => {
  const { cluster, send } = await start(t);
  for (const [name, failure] of [
    ['MESSAGE_TOO_LARGE', 'too-large'],
    ['RECORD_LIST_TOO_LARGE', 'too-large'],
    ['INVALID_RECORD', 'invalid-record'],
    ['INVALID_TIMESTAMP', 'not-stored'],
  ] as const) {
    const before = cluster.sent.length;
    cluster.produce = (sent) => (values(sent).includes('bad') ? error(name) : {});
    const results = await Promise.all(['a', 'b', 'bad', 'c', 'd'].map((value) => send(value)));
    assert.deepEqual(
      results.map((result) => typeof result),
      ['object', 'object', 'string', 'object', 'object'],
    );
    assert.equal(results[2], failure);
    const sent = cluster.sent.slice(before);
    assert.deepEqual(sent.map(values), [
      ['a', 'b', 'bad', 'c', 'd'],
      ['a', 'b', 'bad'],
      ['a', 'b'],
      ['bad'],
      ['c', 'd'],
    ]);
    assert.equal(new Set(sent.map(idOf)).size, 1, 'the same id');
    const start = sent[0]?.batch.firstSequence ?? -1;
    assert.deepEqual(
      sent.map(({ batch }) => batch.firstSequence - start),
      [0, 0, 0, 2, 2],
    );
  }
});

test('what may have been appended is not split', async (t) => {
  const { cluster, send } = await start(t);
  cluster.script.push('hang up', error('MESSAGE_TOO_LARGE'));
  assert.deepEqual(await Promise.all([send('a'), send('b')]), ['unknown', 'unknown']);
  assert.deepEqual(cluster.sent.map(values), [
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test('a record whose time is up before it was ever sent is refused, not unknown', async (t) => {
  const { cluster, send } = await start(t, { limits: { deliveryTimeoutMs: 2_500 } });
  cluster.script.push('hang up');
  cluster.leaders = [-1];
  cluster.epoch++;
  const sent = send('sent');
  await waitUntil(() => cluster.sent.length >= 1, { what: 'sent', deadlineMs: 60_000 });
  assert.deepEqual(await Promise.all([sent, send('queued')]), ['unknown', 'not-stored']);
  assert.deepEqual(cluster.sent.map(values), [['sent']]);
  cluster.leaders = [0];
  cluster.epoch++;
  await waitUntil(async () => typeof (await send('after')) === 'object', {
    what: 'stored',
    deadlineMs: 60_000,
  });
});

test('a topic made again: nothing that may be in the old one is sent to the new', async (t) => {
  const { cluster, send } = await start(t);
  await send('a');
  cluster.produce = () => {
    cluster.topicId = '99999999-2222-3333-4444-555555555555';
    cluster.produce = () => ({});
    return 'hang up';
  };
  assert.equal(await send('b'), 'unknown');
  assert.equal(typeof (await send('c')), 'object');
  assert.deepEqual(cluster.sent.map(values), [['a'], ['b'], ['c']]);
  assert.deepEqual(cluster.sent.map(idOf), [100n, 100n, 101n]);
});

test('an answer never comes later than the delivery timeout, whatever is waited for', async (t) => {
  const { broker, send } = await start(t, { limits: { deliveryTimeoutMs: 1_000 } });
  broker.hangs = true;
  broker.mute();
  for (let round = 0; round < 3; round++) {
    const results = await within(1_500, Promise.all(['a', 'b'].map((value) => send(value))));
    assert.ok(results.every((result) => result === 'not-stored' || result === 'unknown'));
  }
});
