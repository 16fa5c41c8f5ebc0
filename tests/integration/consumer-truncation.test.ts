import assert from 'node:assert/strict';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readBatches } from '../../apps/kafka/records/batches.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from './consumer/harness.ts';
import type { Fixture } from './consumer/fixture.ts';

let harness: Harness;
before(async () => {
  // Without ZooKeeper a broker that comes back leads in a new epoch, even where it is the only one.
  harness = await Harness.start({ metadata: 'kraft' });
});
after(() => harness.stop());

/**
 * Makes the broker lose the end of a partition's log, as an unclean election or a lost disk does: it is killed,
 * its log is cut before an offset that begins a batch, and it starts again, which begins a new leader epoch.
 */
async function loseRecordsFrom(fixture: Fixture, offset: number, partition = 0): Promise<void> {
  const [broker] = harness.kafka.brokers;
  assert.ok(broker);
  broker.signal('SIGKILL');
  await broker.exited;
  const file = join(
    harness.directory,
    'kafka-1',
    `${fixture.topic}-${partition}`,
    '00000000000000000000.log',
  );
  const log = await readFile(file);
  let length = 0;
  for (const batch of readBatches(log)) {
    if (batch.baseOffset === offset) break;
    length += batch.payload.length + 61;
  }
  assert.ok(length > 0 && length < log.length);
  await truncate(file, length);
  await broker.start();
}

const values = async (fixture: Fixture, partition = 0): Promise<unknown[]> => {
  const segments = await fixture.segments(partition);
  return segments.flatMap(({ lines }) => lines.map((line) => (JSON.parse(line) as { value: unknown }).value));
};

const sendTexts = (fixture: Fixture, texts: readonly string[], partition = 0): Promise<void> =>
  fixture.send(
    texts.map((each) => ({ value: JSON.stringify(each) })),
    { partition },
  );

const texts = (name: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${name}${from + index}`);

test('a log truncated below the end of the chain stops its partition by name; resumed, it goes on with the new log', async () => {
  const fixture = await harness.fixture({ partitions: 2 });
  for (const from of [0, 10, 20]) await sendTexts(fixture, texts('old', from, from + 10));
  const consumer = fixture.start();
  await fixture.storedUpTo(30);
  await loseRecordsFrom(fixture, 20);
  await sendTexts(fixture, texts('new', 20, 35));
  await sendTexts(fixture, texts('other', 0, 10), 1);

  const { msg, resume } = await consumer.line(/partition stopped/, 40_000);
  assert.match(
    msg,
    /truncated-log at offset 30: the chain ends there in epoch 0, but the log left that epoch at 20/,
  );
  assert.equal(await consumer.metric('partition_stopped', { partition: 0 }), 1);
  await fixture.storedUpTo(10, 1);
  assert.deepEqual(await values(fixture), texts('old', 0, 30));
  const stopped = consumer.logged.filter((line) => line.msg.startsWith('partition stopped'));
  assert.equal(stopped.length, 1);

  // The command that the log line names, as somebody would run it.
  await fixture.runResume(String(resume).split(' '));
  await fixture.storedUpTo(35);
  assert.deepEqual(await values(fixture), [...texts('old', 0, 30), ...texts('new', 30, 35)]);
  await waitUntil(async () => (await consumer.metric('partition_stopped')) === 0, {
    what: 'resumed',
    deadlineMs: 60_000,
  });
  await fixture.verify();
});

test('a log truncated under what was read and not stored yet is read again', async () => {
  const fixture = await harness.fixture();
  await sendTexts(fixture, texts('old', 0, 12));
  await sendTexts(fixture, texts('old', 12, 15));
  const consumer = fixture.start({ FLUSH_MAX_AGE_MS: '3600000' });
  await fixture.storedUpTo(10);
  await loseRecordsFrom(fixture, 12);
  await sendTexts(fixture, texts('new', 12, 20));
  await fixture.storedUpTo(20);
  assert.deepEqual(await values(fixture), [...texts('old', 0, 12), ...texts('new', 12, 20)]);
  assert.equal(await consumer.metric('partition_stopped'), 0);
  await fixture.verify();
});
