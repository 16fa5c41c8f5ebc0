import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../infra/local/wait.ts';
import { readMetric } from '../faults/metric.ts';
import { KafkaUnderTest, upload } from './producer/kafka-under-test.ts';

let under: KafkaUnderTest;

before(async () => {
  under = await KafkaUnderTest.create(1);
  await under.kafka.start();
});
after(() => under.stop());

test('SIGTERM: what is under way is answered 201, then exit 0, long before the deadline', async (t) => {
  await under.makeTopic('term', 2);
  const producer = await under.startProducer(t, 'term', { LINGER_MS: '500' });
  await upload(producer, 'first');
  const answers = Array.from({ length: 50 }, (_, index) => upload(producer, String(index)));
  await waitUntil(
    async () => (await readMetric(producer, 'headwater_producer_queue_records')).get('') === 50,
    {
      what: 'queued: all',
      deadlineMs: 60_000,
    },
  );
  const begun = performance.now();
  producer.signal('SIGTERM');
  assert.ok((await Promise.all(answers)).every(({ status }) => status === 201));
  assert.deepEqual(await producer.exited, { code: 0, signal: null });
  // The clients keep their connections; none of them holds up the end.
  const ms = performance.now() - begun;
  assert.ok(ms < 10_000, `${ms} ms`);
});

test('SIGTERM while Kafka hangs: 504 for what was sent, 503 for what was not, exit 0 within the deadline', async (t) => {
  await under.makeTopic('term-hung', 1);
  const producer = await under.startProducer(t, 'term-hung', { SHUTDOWN_DEADLINE_MS: '5000' });
  await upload(producer, 'first');
  const [broker] = under.kafka.brokers;
  broker?.signal('SIGSTOP');
  try {
    const sent = upload(producer, 'sent');
    await delay(200);
    const queued = upload(producer, 'queued');
    await delay(200);
    const begun = performance.now();
    producer.signal('SIGTERM');
    const responses = await Promise.all([sent, queued]);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [504, 503],
    );
    assert.deepEqual(await producer.exited, { code: 0, signal: null });
    const ms = performance.now() - begun;
    assert.ok(ms < 5_000, `${ms} ms`);
  } finally {
    broker?.signal('SIGCONT');
  }
});

test('a second SIGTERM exits at once with 143', async (t) => {
  await under.makeTopic('twice', 1);
  const producer = await under.startProducer(t, 'twice', { DRAIN_DELAY_MS: '10000' });
  producer.signal('SIGTERM');
  await waitUntil(async () => (await fetch(`${producer.endpoint}/readyz`)).status === 503, {
    what: 'not ready',
    deadlineMs: 60_000,
  });
  producer.signal('SIGTERM');
  assert.deepEqual(await producer.exited, { code: 143, signal: null });
});
