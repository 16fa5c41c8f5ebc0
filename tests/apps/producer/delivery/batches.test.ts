import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryAccount } from '../../../../apps/service/memory/memory-account.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { offsetOf, start, values } from './fixture.ts';

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

test('a key keeps its partition and its order', async (t) => {
  const { cluster, send } = await start(t, { leaders: [0, 0, 0] });
  const keyed = await Promise.all(Array.from({ length: 30 }, (_, index) => send(String(index), 'foobar')));
  const partitions = new Set(keyed.map((result) => typeof result !== 'string' && result.partition));
  assert.deepEqual([...partitions], [(-790332482 & 0x7fffffff) % 3]);
  assert.deepEqual(
    cluster.sent.flatMap(values),
    Array.from({ length: 30 }, (_, index) => String(index)),
  );
});

test('without a key a record goes where a producer is free; each producer has its turn for a moment', async (t) => {
  const { cluster, send } = await start(t, { leaders: [0, 0, 0] });
  const batches = 90;
  for (let batch = 0; batch < batches; batch++) {
    await send('a');
    await sleep(10);
  }
  const partitions = cluster.sent.map(({ partition }) => partition);
  const changes = partitions.filter((partition, index) => index > 0 && partition !== partitions[index - 1]);
  assert.equal(new Set(partitions).size, 3);
  assert.ok(changes.length < batches / 2, partitions.join());
});

test('a batch waits for no others once the queue takes none', { timeout: 120_000 }, async (t) => {
  const limits = { lingerMs: 1_000_000 };
  const { cluster, send } = await start(t, {
    limits,
    budget: new MemoryAccount({ bytes: 1_000, records: 3 }),
  });
  assert.deepEqual((await Promise.all([send('a'), send('b'), send('c')])).map(offsetOf), [0, 1, 2]);
  assert.deepEqual(
    cluster.sent.map(({ batch }) => batch.records.length),
    [3],
  );
});

test('a full queue refuses at once, and takes again when there is room', async (t) => {
  const { cluster, send, budget } = await start(t, {
    budget: new MemoryAccount({ bytes: 1_000, records: 3 }),
  });
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

test('while a batch is under way, records without a key gather for the next, which leaves all the same', async (t) => {
  const { cluster, send } = await start(t, { leaders: [0, 0, 0, 0], limits: { lingerMs: 0 } });
  cluster.script.push('silent');
  const unanswered = send('a');
  await waitUntil(() => cluster.sent.length >= 1, { what: 'sent: a', deadlineMs: 60_000 });
  const last = () => values(cluster.sent.at(-1) ?? assert.fail());
  // Where the machine stands still in between, the first may leave alone.
  for (let attempt = 1; attempt <= 50 && last().length < 2; attempt += 1) {
    const first = send('b');
    await sleep(3);
    await Promise.all([first, send('c')]);
  }
  assert.deepEqual(last(), ['b', 'c']);
  cluster.brokers[0]?.stop().catch(() => undefined);
  await cluster.brokers[0]?.start();
  await unanswered;
});
