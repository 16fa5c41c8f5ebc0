import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { waitUntil } from '../../infra/local/wait.ts';
import { KafkaUnderTest, upload } from './producer/kafka-under-test.ts';

/** Within which it is promised to be taken again, or ready. */
const PROMISED_MS = 15_000;

let under: KafkaUnderTest;

before(async () => {
  under = await KafkaUnderTest.create(1, 'kraft');
});
after(() => under.stop());

test('started before Kafka: live, not ready, 503; ready within 15 s of Kafka, without a restart', async (t) => {
  const producer = await under.createProducer(t, 'events');
  await producer.spawn();
  await producer.live();
  const { pid } = producer;
  const ready = async () => (await fetch(`${producer.endpoint}/readyz`)).status === 200;
  assert.equal(await ready(), false);
  const refused = await upload(producer, 'too early');
  assert.deepEqual([refused.status, refused.code, refused.retryAfter], [503, 'broker_unavailable', '1']);
  assert.ok(refused.ms < 1_000);

  await under.kafka.start();
  // Without its topic it is as little ready as without Kafka, and says so.
  const unready = await waitUntil(
    async () => {
      const answer = await fetch(`${producer.endpoint}/readyz`);
      const { reason = '' } = (await answer.json()) as { reason?: string };
      return reason.includes('UNKNOWN_TOPIC_OR_PARTITION') && reason;
    },
    { what: 'the missing topic named', deadlineMs: 60_000 },
  );
  assert.match(unready, /^topic events: /);
  await under.makeTopic('events', 3);
  const since = performance.now();
  await waitUntil(ready, { what: 'ready', deadlineMs: PROMISED_MS });
  t.diagnostic(`ready ${Math.round(performance.now() - since)} ms after the topic`);
  assert.equal((await upload(producer, 'in time')).status, 201);
  assert.equal(producer.pid, pid);
});

test('Kafka 4 takes what Kafka 3.9 takes: alone, with a key, in lines', async (t) => {
  await under.makeTopic('kafka-4', 2);
  const producer = await under.startProducer(t, 'kafka-4');
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => upload(producer, String(index), { 'x-event-key': 'abc' })),
  );
  assert.ok(answers.every(({ status, partition }) => status === 201 && partition === 1));
  const response = await fetch(`${producer.endpoint}/upload/batch`, {
    method: 'POST',
    body: '{"a":1}\n{"a":2}\n',
    headers: { 'content-type': 'application/x-ndjson', 'x-event-key': 'abc' },
  });
  assert.match(await response.text(), /\{"done":true,"stored":2,"failed":0\}\n$/);
  const values = await under.values('kafka-4', 1);
  assert.deepEqual(
    values.slice(0, 100).toSorted(),
    Array.from({ length: 100 }, (_, index) => String(index)).toSorted(),
  );
  assert.deepEqual(values.slice(100), ['{"a":1}', '{"a":2}']);
});
