import assert from 'node:assert/strict';
import test from 'node:test';
import { MemoryAccount } from '../../../../apps/service/memory/memory-account.ts';
import { EncodedTemplate } from '../../../../apps/kafka/records/encoded-template.ts';
import type { KafkaRecordLog } from '../../../../apps/producer/delivery/kafka-record-log.ts';
import { DeliveryError } from '../../../../apps/producer/delivery/record-log.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { error, keyOf, start, values } from './fixture.ts';

const NAME = Buffer.from('request-line');

/** Appends records of some letters as one run, numbered from 8; what became of each once all is known. */
async function appendRun(log: KafkaRecordLog, records: readonly string[], key?: string): Promise<unknown[]> {
  const outcomes = new Map<number, unknown>();
  const bounds: number[] = [];
  // Between the values lies what belongs to none of them.
  let source = '\n';
  for (const record of records) {
    bounds.push(source.length, source.length + record.length);
    source += `${record}\r\n`;
  }
  const headers = new Map([[Buffer.from('request-id'), Buffer.from('r-1')]]);
  const template = new EncodedTemplate(key === undefined ? undefined : Buffer.from(key), headers, NAME);
  const numbers = records.map((_, index) => index + 8);
  log.appendAll({ template, source: Buffer.from(source), bounds, numbers }, (from, to, outcome) => {
    for (let index = from; index < to; index++) {
      assert.ok(!outcomes.has(index), `${index} is settled twice`);
      if (outcome instanceof DeliveryError) outcomes.set(index, outcome.failure);
      else outcomes.set(index, outcome.offset === null ? null : outcome.offset + index - from);
    }
  });
  await waitUntil(() => outcomes.size === records.length, { what: 'settled: all', deadlineMs: 60_000 });
  return records.map((_, index) => outcomes.get(index));
}

const ten = Array.from({ length: 10 }, (_, index) => String(index));

test('a run that needs several batches is in them in its order, each record with its own number', async (t) => {
  const { cluster, log, budget } = await start(t, { limits: { batchMaxRecords: 4 } });
  assert.deepEqual(await appendRun(log, ten, 'k'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(cluster.sent.map(values), [ten.slice(0, 4), ten.slice(4, 8), ten.slice(8)]);
  const headers = cluster.sent.flatMap(({ batch }) => batch.records.map((record) => record.headers));
  assert.deepEqual(
    headers.map((each) => Array.from(each, ([name, value]) => `${String(name)}=${String(value)}`)),
    ten.map((_, index) => ['request-id=r-1', `request-line=${index + 8}`]),
  );
  assert.deepEqual([budget.records, budget.bytes], [0, 0]);
});

test('a run is shared out by bytes too, and a record larger than a batch has one of its own', async (t) => {
  const { cluster, log } = await start(t, { limits: { batchMaxBytes: 500 } });
  const records = ['a'.repeat(200), 'b', 'c'.repeat(900), 'd', 'e'];
  assert.deepEqual(await appendRun(log, records, 'k'), [0, 1, 2, 3, 4]);
  assert.deepEqual(cluster.sent.map(values), [records.slice(0, 2), records.slice(2, 3), records.slice(3)]);
});

test('a batch of a run that is refused or unknown says nothing of its other batches', async (t) => {
  const { cluster, log, budget } = await start(t, {
    limits: { batchMaxRecords: 4, deliveryTimeoutMs: 2_500 },
  });
  cluster.script.push('hang up');
  cluster.produce = (sent) => {
    const [first = ''] = values(sent);
    if (first < '4') return {};
    return first < '8' ? error('INVALID_RECORD') : (cluster.script.shift() ?? error('NOT_ENOUGH_REPLICAS'));
  };
  assert.deepEqual(await appendRun(log, ten, keyOf(0, 1)), [
    ...[0, 1, 2, 3],
    ...['invalid-record', 'invalid-record', 'invalid-record', 'invalid-record'],
    ...['unknown', 'unknown'],
  ]);
  assert.deepEqual([budget.records, budget.bytes], [0, 0]);
});

test('a batch that is too large for the topic is divided in the middle of its runs', async (t) => {
  const { cluster, log } = await start(t, { limits: { lingerMs: 20 } });
  cluster.produce = ({ batch }) =>
    batch.records.some(({ value }) => String(value) === '7') || batch.records.length > 5
      ? error('MESSAGE_TOO_LARGE')
      : { offset: BigInt(String(batch.records[0]?.value)) };
  const [first, second] = await Promise.all([
    appendRun(log, ten.slice(0, 3), 'k'),
    appendRun(log, ten.slice(3), 'k'),
  ]);
  assert.deepEqual(first, [0, 1, 2]);
  assert.deepEqual(second, [3, 4, 5, 6, 'too-large', 8, 9]);
});

test('the queue takes a run as a whole or not at all', async (t) => {
  const { cluster, log, budget } = await start(t, {
    budget: new MemoryAccount({ bytes: 100_000, records: 9 }),
  });
  assert.deepEqual(new Set(await appendRun(log, ten)), new Set(['queue-full']));
  assert.equal(cluster.sent.length, 0);
  assert.deepEqual([budget.records, budget.bytes], [0, 0]);
  assert.equal((await appendRun(log, ten.slice(1))).length, 9);
});

test('full batches in turn, and one that is repeated beside them, each have their own bytes', async (t) => {
  const { cluster, log } = await start(t, { leaders: [0, 0] });
  cluster.script.push('hang up');
  const records = (prefix: string) => ten.slice(1).map((digit) => `${prefix}${digit}`.repeat(450));
  const repeated = appendRun(log, records('r'), keyOf(0, 2));
  await waitUntil(() => cluster.sent.length >= 1, { what: 'sent', deadlineMs: 60_000 });
  for (const prefix of ['a', 'b', 'c']) {
    await appendRun(log, records(prefix), keyOf(1, 2));
    assert.deepEqual(
      values(cluster.sent.findLast(({ partition }) => partition === 1) ?? assert.fail()),
      records(prefix),
    );
  }
  assert.ok((await repeated).every((outcome) => typeof outcome === 'number'));
  const [first, second] = cluster.sent.filter(({ partition }) => partition === 0);
  assert.ok(first && second);
  assert.deepEqual(values(first), records('r'));
  assert.ok(first.bytes.equals(second.bytes));
});

test('what is left of a run whose time is up is refused, and it alone', async (t) => {
  const { cluster, log, budget } = await start(t, {
    limits: { batchMaxRecords: 4, deliveryTimeoutMs: 2_500 },
  });
  cluster.script.push('silent');
  assert.deepEqual(await appendRun(log, ten, 'k'), [
    ...['unknown', 'unknown', 'unknown', 'unknown'],
    ...['not-stored', 'not-stored', 'not-stored', 'not-stored', 'not-stored', 'not-stored'],
  ]);
  assert.deepEqual([budget.records, budget.bytes], [0, 0]);
});
