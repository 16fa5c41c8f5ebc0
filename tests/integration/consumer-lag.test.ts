import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from './consumer/harness.ts';
import type { RunningConsumer } from './consumer/running-consumer.ts';
import type { Fixture } from './consumer/fixture.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

const HOUR_S = 3600;

/** Records of the past, as a producer has made them that the brokers took late. */
async function sendOld(fixture: Fixture, count: number, ageSeconds: number, partition = 0): Promise<void> {
  const timestamp = BigInt(Date.now() - ageSeconds * 1000);
  const messages = Array.from({ length: count }, () => ({
    ...fixture.message({ value: '1' }, partition),
    timestamp,
  }));
  await harness.producer.send({ messages, acks: -1 });
}

function untilAge(consumer: RunningConsumer, seconds: number, partition = 0): Promise<unknown> {
  return waitUntil(
    async () => {
      const age = await consumer.metric('oldest_unstored_seconds', { partition });
      return age >= seconds && age < seconds + 120;
    },
    { what: `an age of ${seconds} s`, deadlineMs: 60_000 },
  );
}

test('a stopped partition has the age of the first record behind the stop, though nobody reads it', async () => {
  const fixture = await harness.fixture({ partitions: 2 });
  await fixture.put(fixture.key(0), { end: '0', writer: 'broken' }, gzipSync(''));
  await sendOld(fixture, 3, HOUR_S);
  await sendOld(fixture, 3, 60);
  await fixture.sendNumbers(0, 10, { partition: 1 });
  const consumer = fixture.start();
  await consumer.line(/partition stopped/);
  await fixture.storedUpTo(10, 1);
  await untilAge(consumer, HOUR_S);
  assert.ok((await consumer.metric('oldest_unstored_seconds', { partition: 1 })) < 60);
  assert.equal(await consumer.metric('lag_records', { partition: 0 }), 6);
});

test('while the store refuses every object the age is that of the first record that it does not take', async () => {
  const fixture = await harness.fixture();
  await sendOld(fixture, 5, HOUR_S);
  harness.proxy.inject({ kind: 'status', status: 503 }, 1_000_000, ({ topic }) => topic === fixture.topic);
  const consumer = fixture.start();
  await untilAge(consumer, HOUR_S);
  await sendOld(fixture, 5, HOUR_S / 2);
  await untilAge(consumer, HOUR_S);
});

test('where everything is stored the age is near 0', async () => {
  const fixture = await harness.fixture();
  await sendOld(fixture, 10, HOUR_S);
  const consumer = fixture.start();
  await fixture.storedUpTo(10);
  await waitUntil(async () => (await consumer.metric('oldest_unstored_seconds')) < 30, {
    what: 'an age of nothing',
    deadlineMs: 60_000,
  });
});

test('the counters of lost offsets are there from the assignment on, at 0', async () => {
  const fixture = await harness.fixture({ partitions: 3 });
  const consumer = fixture.start();
  await consumer.line(/partitions assigned/);
  await waitUntil(async () => (await consumer.series('gap_offsets_total')) === 3, {
    what: 'three series',
    deadlineMs: 60_000,
  });
  assert.equal(await consumer.metric('gap_offsets_total'), 0);
});
