import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Connection, NumericMap, produceV9 } from '@platformatic/kafka';
import type { Application } from '../../infra/local/application.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { readMetric } from '../faults/metric.ts';
import { KafkaUnderTest, upload } from './producer/kafka-under-test.ts';

/** Within which it is promised to be taken again, or ready. */
const PROMISED_MS = 15_000;

let under: KafkaUnderTest;

before(async () => {
  under = await KafkaUnderTest.create(1);
  await under.kafka.start();
});
after(() => under.stop());

/** Sends a batch that the producer did not send, under any producer id. */
async function intrude(
  topic: string,
  producerId: bigint,
  producerEpoch: number,
  sequence: number,
  values: string[],
) {
  const connection = new Connection('intruder');
  const [host = '', port = ''] = under.kafka.bootstrapServers.split(':');
  await connection.connect(host, Number(port));
  const messages = values.map((value) => ({ topic, partition: 0, value: Buffer.from(value) }));
  const sequences = new NumericMap([[`${topic}:0`, sequence]]);
  await produceV9.api.async(connection, -1, 5_000, messages, { producerId, producerEpoch, sequences });
  await connection.close();
}

const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status);

test('what is acknowledged stands in Kafka byte for byte, in the partition of its key, with its headers', async (t) => {
  await under.makeTopic('whole', 3);
  const producer = await under.startProducer(t, 'whole');
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const { status, partition, offset } = await upload(producer, everyByte, {
    'content-type': 'image/png',
    'x-event-key': 'foobar',
    'x-request-id': 'r-1',
  });
  assert.deepEqual([status, partition, offset], [201, (-790332482 & 0x7fffffff) % 3, 0]);
  const [batch] = await under.batches('whole', partition);
  const [record] = batch?.records ?? [];
  assert.deepEqual(record?.value, everyByte);
  assert.equal(record.key?.toString(), 'foobar');
  assert.deepEqual(
    record.headers.map(([name, value]) => [name?.toString(), value?.toString()]),
    [
      ['content-type', 'image/png'],
      ['request-id', 'r-1'],
    ],
  );
});

test('uploads that arrive together share batches, and each has an offset of its own', async (t) => {
  await under.makeTopic('shared', 2);
  const producer = await under.startProducer(t, 'shared');
  await upload(producer, 'first');
  const [broker] = under.kafka.brokers;
  // All of them arrive before the first is answered, however busy the machine is.
  broker?.signal('SIGSTOP');
  const uploads = Array.from({ length: 300 }, (_, index) => upload(producer, String(index)));
  const queued = async (): Promise<number> =>
    (await readMetric(producer, 'headwater_producer_queue_records')).get('') ?? 0;
  await waitUntil(async () => (await queued()) === 300, { what: 'all queued', deadlineMs: 60_000 }).finally(
    () => broker?.signal('SIGCONT'),
  );
  const answers = await Promise.all(uploads);
  assert.ok(answers.every(({ status }) => status === 201));
  assert.equal(new Set(answers.map(({ partition, offset }) => `${partition}/${offset}`)).size, 300);
  const batches = (await Promise.all([0, 1].map((partition) => under.batches('shared', partition)))).flat();
  t.diagnostic(`301 records in ${batches.length} batches`);
  assert.equal(
    batches.reduce((sum, { records }) => sum + records.length, 0),
    301,
  );
  // The first, one under way to each partition, and those that gathered behind them.
  assert.ok(batches.length <= 8, `${batches.length} batches for 301 records`);
  const counted = await readMetric(producer, 'headwater_producer_batch_records_count');
  assert.equal(counted.get(''), batches.length);
});

test('a body of exactly the limit fits into Kafka with the largest headers; one byte more is 413', async (t) => {
  await under.makeTopic('limit', 1);
  const producer = await under.startProducer(t, 'limit');
  const headers = { 'content-type': `text/plain; x=${'y'.repeat(14_000)}`, 'x-event-key': 'k'.repeat(1_024) };
  const exact = await upload(producer, Buffer.alloc(1_000_000, 'x'), headers);
  assert.equal(exact.status, 201);
  const above = await upload(producer, Buffer.alloc(1_000_001, 'x'));
  assert.deepEqual([above.status, above.code], [413, 'body_too_large']);
});

test('a record that only the topic finds too large: 413, and its neighbours in the batch are stored', async (t) => {
  await under.makeTopic('narrow', 1, { 'max.message.bytes': '20000' });
  const producer = await under.startProducer(t, 'narrow', { LINGER_MS: '200' });
  const bodies = ['a', 'x'.repeat(30_000), 'b', 'y'.repeat(12_000), 'z'.repeat(12_000), 'c'];
  const answers = await Promise.all(bodies.map((body) => upload(producer, body)));
  assert.deepEqual(statuses(answers), [201, 413, 201, 201, 201, 201]);
  assert.equal(answers[1]?.code, 'record_too_large');
  const stored = await under.values('narrow');
  assert.deepEqual(new Set(stored), new Set(bodies.filter((_, index) => index !== 1)));
  assert.equal(stored.length, 5);
});

test('a record without a key in a compacted topic: 400, and only that one', async (t) => {
  await under.makeTopic('compacted', 1, { 'cleanup.policy': 'compact' });
  const producer = await under.startProducer(t, 'compacted', { LINGER_MS: '200' });
  const answers = await Promise.all([
    upload(producer, 'a', { 'x-event-key': 'a' }),
    upload(producer, 'b'),
    upload(producer, 'c', { 'x-event-key': 'c' }),
  ]);
  assert.deepEqual(statuses(answers), [201, 400, 201]);
  assert.equal(answers[1].code, 'record_rejected');
});

test('a batch upload of 50,000 lines: a result for each, stored once each and in order', async (t) => {
  await under.makeTopic('lines', 1);
  const producer = await under.startProducer(t, 'lines');
  const lines = Array.from({ length: 50_000 }, (_, index) =>
    JSON.stringify({ index, pad: 'é'.repeat(index % 40) }),
  );
  const response = await fetch(`${producer.endpoint}/upload/batch`, {
    method: 'POST',
    body: lines.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const results = (await response.text()).trimEnd().split('\n');
  assert.deepEqual(JSON.parse(results.at(-1) ?? ''), { done: true, stored: 50_000, failed: 0 });
  const offsets = results.slice(0, -1).map((line) => (JSON.parse(line) as { offset: number }).offset);
  assert.deepEqual(
    offsets,
    Array.from({ length: 50_000 }, (_, index) => index),
  );
  assert.deepEqual(await under.values('lines'), lines);
});

test('a lost producer id: 504, never sent again, and what comes next is stored', async (t) => {
  await under.makeTopic('lost-id', 1);
  const producer = await under.startProducer(t, 'lost-id');
  for (const [round, epochStep] of [0, 1].entries()) {
    assert.equal((await upload(producer, `before-${round}`)).status, 201);
    const last = (await under.batches('lost-id')).at(-1);
    assert.ok(last);
    const next = epochStep === 0 ? last.firstSequence + 1 : 0;
    // Takes the sequence numbers that come next, or the epoch: Kafka will know the id otherwise than we.
    await intrude('lost-id', last.producerId, last.producerEpoch + epochStep, next, ['i', 'i', 'i']);
    const lost = await upload(producer, `lost-${round}`);
    assert.deepEqual([lost.status, lost.code], [504, 'unknown_outcome']);
    assert.equal((await upload(producer, `after-${round}`)).status, 201);
  }
  const stored = (await under.values('lost-id')).filter((value) => value !== 'i');
  assert.deepEqual(stored, ['before-0', 'after-0', 'before-1', 'after-1']);
  const attempts = await readMetric(producer, 'headwater_producer_produce_attempts_total');
  assert.equal(attempts.get('result="OUT_OF_ORDER_SEQUENCE_NUMBER"'), 1);
  assert.equal(attempts.get('result="INVALID_PRODUCER_EPOCH"'), 1);
});

test('a topic made again under load: taken again within 15 s, and every 2xx since stands in the new one', async (t) => {
  await under.makeTopic('again', 1);
  const producer = await under.startProducer(t, 'again', { DELIVERY_TIMEOUT_MS: '3000' });
  assert.equal((await upload(producer, 'old')).status, 201);
  await under.deleteTopic('again');
  await waitUntil(async () => (await upload(producer, 'lost')).status !== 201, {
    what: 'refused',
    deadlineMs: 60_000,
  });
  await under.makeTopic('again', 1);
  const first = await waitUntil(
    async () => {
      const answer = await upload(producer, 'new');
      return answer.status === 201 && answer;
    },
    { what: 'taken again', deadlineMs: PROMISED_MS },
  );
  const stored = await under.values('again');
  assert.equal(stored[first.offset], 'new');
  assert.ok(!stored.includes('old'));
});

test('a full queue: 503 at once with Retry-After, and those in the queue are stored once Kafka goes on', async (t) => {
  await under.makeTopic('full', 1);
  const producer = await under.startProducer(t, 'full', { QUEUE_MAX_RECORDS: '5' });
  await upload(producer, 'first');
  const [broker] = under.kafka.brokers;
  broker?.signal('SIGSTOP');
  const held = Array.from({ length: 5 }, (_, index) => upload(producer, String(index)));
  try {
    await waitUntil(
      async () => (await readMetric(producer, 'headwater_producer_queue_records')).get('') === 5,
      {
        what: 'a full queue',
        deadlineMs: 60_000,
      },
    );
    const refused = await Promise.all(Array.from({ length: 15 }, () => upload(producer, 'refused')));
    for (const { status, code, retryAfter, ms } of refused) {
      assert.deepEqual([status, code, retryAfter], [503, 'queue_full', '1']);
      assert.ok(ms < 1_000, `${ms} ms`);
    }
  } finally {
    broker?.signal('SIGCONT');
  }
  assert.deepEqual(statuses(await Promise.all(held)), [201, 201, 201, 201, 201]);
  assert.equal((await under.values('full')).filter((value) => value === 'refused').length, 0);
});

test('Kafka gone while the producer runs: not ready, 503 or 504 and never 2xx; then ready and taken again', async (t) => {
  await under.makeTopic('gone', 2);
  const producer = await under.startProducer(t, 'gone', { DELIVERY_TIMEOUT_MS: '2000' });
  await upload(producer, 'before');
  const [broker] = under.kafka.brokers;
  assert.ok(broker);
  broker.signal('SIGKILL');
  await broker.exited;
  const ready = async () => (await fetch(`${producer.endpoint}/readyz`)).status === 200;
  await waitUntil(async () => !(await ready()), { what: 'not ready', deadlineMs: 60_000 });
  const during = await Promise.all(Array.from({ length: 20 }, () => upload(producer, 'during')));
  assert.ok(during.every(({ status }) => status === 503 || status === 504));
  assert.equal((await fetch(`${producer.endpoint}/livez`)).status, 200);
  await broker.start();
  const since = performance.now();
  await waitUntil(ready, { what: 'ready', deadlineMs: 60_000 });
  t.diagnostic(`ready ${Math.round(performance.now() - since)} ms after Kafka`);
  assert.equal((await upload(producer, 'after')).status, 201);
});

test('one connection for the broker and one more, whatever the load', async (t) => {
  await under.makeTopic('few', 6);
  const producer: Application = await under.startProducer(t, 'few');
  let most = 0;
  for (let round = 0; round < 5; round++) {
    const answers = Array.from({ length: 200 }, (_, index) =>
      upload(producer, 'x', { 'x-event-key': String(index) }),
    );
    most = Math.max(most, await under.connections(producer.pid ?? 0));
    await Promise.all(answers);
  }
  assert.ok(most > 0 && most <= 2, `${most} connections`);
});
