import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { protocolErrors } from '@platformatic/kafka';
import { Registry } from 'prom-client';
import { Budget } from '../../../apps/producer/budget.ts';
import { partitionOf } from '../../../apps/producer/delivery/batch.ts';
import { KafkaRecordLog, type DeliveryLimits } from '../../../apps/producer/delivery/kafka-record-log.ts';
import { DeliveryError, type StoredRecord } from '../../../apps/producer/delivery/record-log.ts';
import { deliveryMetrics } from '../../../apps/producer/metrics.ts';
import { createLog } from '../../../apps/service/log.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { ScriptedCluster, type ScriptedBroker, type SentBatch } from './scripted-broker.ts';

/** An answer with an error, by its name. */
function error(id: string): { error: number } {
  const found = Object.values(protocolErrors).find((candidate) => candidate.id === id);
  assert.ok(found, id);
  return { error: found.code };
}

interface Parts {
  readonly cluster: ScriptedCluster;
  readonly broker: ScriptedBroker;
  readonly log: KafkaRecordLog;
  readonly budget: Budget;
  readonly send: (value: string, key?: string) => Promise<StoredRecord | string>;
}

/** A record log on scripted brokers, ready. */
async function start(
  t: TestContext,
  {
    brokers = 1,
    leaders = [0],
    limits = {},
    budget = new Budget(1_000, 1_000_000),
  }: {
    brokers?: number;
    leaders?: number[];
    limits?: Partial<DeliveryLimits>;
    budget?: Budget;
  } = {},
): Promise<Parts> {
  const cluster = new ScriptedCluster();
  cluster.leaders = leaders;
  for (let index = 0; index < brokers; index++) await cluster.addBroker();
  const log = new KafkaRecordLog({
    kafka: { bootstrapBrokers: cluster.brokers.map(({ endpoint }) => endpoint) },
    topic: 'events',
    limits: {
      lingerMs: 2,
      batchMaxRecords: 100,
      batchMaxBytes: 10_000,
      deliveryTimeoutMs: 10_000,
      ...limits,
    },
    budget,
    metrics: deliveryMetrics(new Registry()),
    log: createLog('test', 'silent'),
  });
  log.start();
  t.after(async () => {
    await log.close(performance.now());
    await cluster.close();
  });
  await waitUntil(() => log.notReady() === undefined, { what: 'ready', deadlineMs: 5_000 });
  const send = async (value: string, key?: string) => {
    try {
      return await log.append({
        value: Buffer.from(value),
        headers: new Map(),
        ...(key && { key: Buffer.from(key) }),
      });
    } catch (error) {
      assert.ok(error instanceof DeliveryError);
      return error.failure;
    }
  };
  const [broker] = cluster.brokers;
  assert.ok(broker);
  return { cluster, broker, log, budget, send };
}

/** A key that leads to one of the partitions. */
function keyOf(partition: number, partitions: number): string {
  for (let key = 0; ; key++)
    if (partitionOf(Buffer.from(String(key)), partitions) === partition) return String(key);
}

const offsetOf = (result: StoredRecord | string) => (typeof result === 'string' ? result : result.offset);
const idOf = ({ batch }: SentBatch) => batch.producerId;
const values = ({ batch }: SentBatch) => batch.records.map(({ value }) => String(value));

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

test('a broker that hangs is left after 3 s, and the very same batch goes to the next leader', async (t) => {
  const { cluster, broker, send } = await start(t, { brokers: 2 });
  await send('a');
  broker.hangs = true;
  const begun = performance.now();
  setTimeout(() => {
    cluster.leaders = [1];
    cluster.epoch++;
  }, 1_000);
  assert.equal(offsetOf(await send('b')), 1);
  assert.ok(performance.now() - begun < 6_000);
  const last = cluster.sent.at(-1);
  assert.equal(last?.broker, cluster.brokers[1]);
  assert.deepEqual([last?.batch.producerId, last?.batch.firstSequence], [100n, 1]);
});

test('a connection that is never answered again is left after 3 s for a new one to the same leader', async (t) => {
  const { cluster, broker, send } = await start(t);
  await send('a');
  broker.mute();
  const begun = performance.now();
  assert.equal(offsetOf(await send('b')), 1);
  assert.ok(performance.now() - begun < 6_000);
  assert.deepEqual(cluster.sent.map(values), [['a'], ['b']]);
});

test('refusals until the deadline are a refusal; then the next batch has a new producer id', async (t) => {
  // Long enough that hardly an attempt is under way at its end: that one would make the outcome unknown.
  const { cluster, send } = await start(t, { limits: { deliveryTimeoutMs: 2_000 } });
  cluster.produce = () => error('NOT_ENOUGH_REPLICAS');
  assert.equal(await send('a'), 'refused');
  assert.ok(cluster.sent.length > 2);
  cluster.produce = () => ({});
  assert.equal(offsetOf(await send('b')), 0);
  const last = cluster.sent.at(-1);
  assert.deepEqual([last?.batch.producerId, last?.batch.firstSequence], [101n, 0]);
});

test('one attempt among refusals that may have been appended makes the outcome unknown', async (t) => {
  const { cluster, send } = await start(t, { limits: { deliveryTimeoutMs: 400 } });
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
    ['INVALID_RECORD', 'rejected'],
    ['INVALID_TIMESTAMP', 'refused'],
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

test('records that arrive together share a batch, within its bounds', async (t) => {
  const { cluster, send } = await start(t, {
    limits: { lingerMs: 20, batchMaxRecords: 4, batchMaxBytes: 500 },
  });
  const results = await Promise.all(Array.from({ length: 10 }, (_, index) => send(String(index))));
  assert.deepEqual(results.map(offsetOf), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(
    cluster.sent.map(({ batch }) => batch.records.length),
    [4, 4, 2],
  );
  await Promise.all([send('x'.repeat(300)), send('x'.repeat(300)), send('x'.repeat(900))]);
  assert.deepEqual(
    cluster.sent.slice(3).map(({ batch }) => batch.records.length),
    [1, 1, 1],
  );
});

test('a key keeps its partition and its order; without one a record goes where a lane is free', async (t) => {
  const { cluster, send } = await start(t, { leaders: [0, 0, 0] });
  const keyed = await Promise.all(Array.from({ length: 30 }, (_, index) => send(String(index), 'foobar')));
  const partitions = new Set(keyed.map((result) => typeof result !== 'string' && result.partition));
  assert.deepEqual([...partitions], [(-790332482 & 0x7fffffff) % 3]);
  assert.deepEqual(
    cluster.sent.flatMap(values),
    Array.from({ length: 30 }, (_, index) => String(index)),
  );
  const keyless = [await send('a'), await send('b'), await send('c')];
  assert.equal(new Set(keyless.map((result) => typeof result !== 'string' && result.partition)).size, 3);
});

test('a broker that hangs holds up only the keys that are its own', async (t) => {
  const { cluster, send, log } = await start(t, { brokers: 2, leaders: [0, 1, 1] });
  // So that every lane has its producer id, and metadata is asked of the first broker.
  for (const value of ['a', 'b', 'c', 'd']) await send(value);
  const [, second] = cluster.brokers;
  assert.ok(second);
  second.hangs = true;
  const stuck = send('stuck', keyOf(1, 3));
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const begun = performance.now();
  const results = await Promise.all(Array.from({ length: 50 }, (_, index) => send(String(index))));
  assert.ok(results.every((result) => typeof result !== 'string' && result.partition === 0));
  assert.ok(performance.now() - begun < 1_000);
  second.hangs = false;
  const result = await stuck;
  assert.ok(typeof result === 'object' && result.partition === 1);
  assert.ok(log.connections <= 3);
});

test('a full queue refuses at once, and takes again when there is room', async (t) => {
  const { cluster, send, budget } = await start(t, { budget: new Budget(3, 1_000) });
  cluster.script.push('silent');
  const held = [send('a'), send('b'), send('c')];
  assert.equal(await send('d'), 'queue-full');
  assert.equal(budget.records, 3);
  cluster.brokers[0]?.stop().catch(() => undefined);
  await cluster.brokers[0]?.start();
  assert.deepEqual((await Promise.all(held)).map(offsetOf), [0, 1, 2]);
  assert.equal(budget.records, 0);
  assert.equal(await send('x'.repeat(1_000)), 'queue-full');
  assert.equal(budget.bytes, 0);
});

test('a record whose time is up before it was ever sent is refused, not unknown', async (t) => {
  const { cluster, send } = await start(t, { limits: { deliveryTimeoutMs: 600 } });
  cluster.script.push('hang up');
  cluster.leaders = [-1];
  cluster.epoch++;
  const sent = send('sent');
  await waitUntil(() => cluster.sent.length === 1, { what: 'sent', deadlineMs: 2_000 });
  assert.deepEqual(await Promise.all([sent, send('queued')]), ['unknown', 'refused']);
  assert.deepEqual(cluster.sent.map(values), [['sent']]);
  cluster.leaders = [0];
  cluster.epoch++;
  await waitUntil(async () => typeof (await send('after')) === 'object', {
    what: 'stored',
    deadlineMs: 5_000,
  });
});

test('ready only when a leader answers, not when metadata alone does', async (t) => {
  const { cluster, broker, log, send } = await start(t, { brokers: 2, leaders: [0] });
  await send('a');
  broker.hangs = true;
  broker.mute();
  await waitUntil(() => (void send('b'), log.notReady()), {
    what: 'not ready',
    deadlineMs: 15_000,
    everyMs: 500,
  });
  assert.match(log.notReady() ?? '', /no partition of events has a leader that answers|no answer/);
  broker.hangs = false;
  await waitUntil(() => log.notReady() === undefined, { what: 'ready', deadlineMs: 10_000 });
  assert.equal(cluster.brokers.length, 2);
});

test('an answer never comes later than the delivery timeout, whatever is waited for', async (t) => {
  const { broker, send } = await start(t, { limits: { deliveryTimeoutMs: 1_000 } });
  broker.hangs = true;
  broker.mute();
  for (let round = 0; round < 3; round++) {
    const begun = performance.now();
    const results = await Promise.all(['a', 'b'].map((value) => send(value)));
    assert.ok(results.every((result) => result === 'refused' || result === 'unknown'));
    assert.ok(performance.now() - begun < 1_500, `${performance.now() - begun} ms`);
  }
});

test('the newest versions that both sides know are spoken; a broker before 2.8 is named', async (t) => {
  const { cluster, broker, send, log } = await start(t);
  assert.equal(typeof (await send('a')), 'object');
  cluster.versions = { produce: [3, 9], metadata: [0, 10], initProducerId: [0, 3] };
  await broker.stop();
  await broker.start();
  assert.equal(typeof (await send('b')), 'object');
  cluster.versions = { produce: [3, 8], metadata: [0, 9], initProducerId: [0, 2] };
  await broker.stop();
  await broker.start();
  const problem = await waitUntil(() => log.notReady(), { what: 'a problem', deadlineMs: 5_000 });
  await waitUntil(
    () => /Produce 9 to 11 \(Kafka 2\.8 or later\), it speaks 3 to 8/.test(log.notReady() ?? ''),
    {
      what: `named in ${problem}`,
      deadlineMs: 5_000,
    },
  );
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
  await send('b');
  assert.equal(cluster.sent.at(-1)?.broker, cluster.brokers[1]);
  assert.deepEqual(new Set(cluster.sent.map(({ partition }) => partition)), new Set([0, 1]));
});

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
