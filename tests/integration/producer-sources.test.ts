import assert from 'node:assert/strict';
import { readFile, rename, rm } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import type { Application } from '../../infra/local/application.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { KeyFiles } from '../apps/producer/sources/files.ts';
import { readMetric } from '../faults/metric.ts';
import { KafkaUnderTest, upload } from './producer/kafka-under-test.ts';

let under: KafkaUnderTest;

before(async () => {
  under = await KafkaUnderTest.create(1);
  await under.kafka.start();
});
after(() => under.stop());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const sourceMetric = async (producer: Application, name: string, source: string): Promise<number> =>
  (await readMetric(producer, `headwater_producer_source_${name}`)).get(`source="${source}"`) ?? Number.NaN;

/** Puts a whole file in the place of another, as the kubelet does. */
async function replace(files: KeyFiles, ...keys: readonly string[]): Promise<void> {
  await rename(await files.put('next', ...keys), files.path('web'));
}

async function hasKeys(producer: Application, keys: number): Promise<void> {
  await waitUntil(async () => (await sourceMetric(producer, 'keys', 'web')) === keys, {
    what: `${keys} keys`,
    deadlineMs: 60_000,
  });
}

test('keys rotate under load without a refusal, and every event that was answered is stored once', async (t) => {
  await under.makeTopic('rotated', 3);
  const files = await KeyFiles.create(t);
  const keysFile = await files.put('web', 'key-0');
  const sources = { web: { who: 'keys', keysFile } };
  const producer = await under.startProducer(t, 'rotated', { SOURCES: JSON.stringify(sources) });
  let key = 'key-0';
  let ended = false;
  const statuses = new Map<number, number>();
  const stored: string[] = [];
  const client = async (name: number): Promise<void> => {
    for (let count = 0; !ended; count++) {
      const event = `${name}-${count}`;
      const { status } = await upload(producer, event, bearer(key));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 201) stored.push(event);
    }
  };
  const clients = Array.from({ length: 8 }, (_, name) => client(name));
  try {
    for (let round = 1; round <= 3; round++) {
      const old = key;
      await replace(files, old, `key-${round}`);
      await hasKeys(producer, 2);
      key = `key-${round}`;
      const before = stored.length;
      // Requests with the old key that are under way are answered.
      await waitUntil(() => stored.length >= before + 100, { what: '100 events', deadlineMs: 60_000 });
      await replace(files, key);
      await hasKeys(producer, 1);
      const refused = await upload(producer, 'refused', bearer(old));
      assert.deepEqual([refused.status, refused.code], [401, 'invalid_key']);
    }
  } finally {
    ended = true;
    await Promise.all(clients);
  }
  t.diagnostic(`${stored.length} events over 3 rotations`);
  assert.deepEqual([...statuses.keys()], [201]);
  const values = (await Promise.all([0, 1, 2].map((partition) => under.values('rotated', partition)))).flat();
  assert.deepEqual(values.toSorted(), stored.toSorted());
});

test('a file that breaks while the producer runs keeps the keys, says so, and counts again when it is mended', async (t) => {
  await under.makeTopic('broken', 1);
  const files = await KeyFiles.create(t);
  const sources = { web: { who: 'keys', keysFile: await files.put('web', 'key') } };
  const producer = await under.startProducer(t, 'broken', { SOURCES: JSON.stringify(sources) });
  const isBroken = async (expected: number) =>
    waitUntil(async () => (await sourceMetric(producer, 'keys_broken', 'web')) === expected, {
      what: `headwater_producer_source_keys_broken ${expected}`,
      deadlineMs: 60_000,
    });
  await isBroken(0);
  await rm(files.path('web'));
  await isBroken(1);
  assert.equal((await upload(producer, 'kept', bearer('key'))).status, 201);
  assert.match(
    await readFile(producer.logFile, 'utf8'),
    /file of keys cannot be read \(ENOENT\): the keys from before stay/,
  );
  await replace(files, 'other');
  await isBroken(0);
  const answers = [
    await upload(producer, 'no', bearer('key')),
    await upload(producer, 'yes', bearer('other')),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 201],
  );
  assert.deepEqual(await under.values('broken'), ['kept', 'yes']);
});

test('a producer whose file of keys is missing does not start, and says which', async (t) => {
  await under.makeTopic('missing', 1);
  const files = await KeyFiles.create(t);
  const keysFile = files.path('web');
  const SOURCES = JSON.stringify({ web: { who: 'keys', keysFile } });
  const producer = await under.createProducer(t, 'missing', { SOURCES });
  await assert.rejects(producer.start(), (error: Error) => {
    assert.match(error.message, /SOURCES\.web\.keysFile: must be .*\(ENOENT\)/);
    return true;
  });
});

test('a flood above the limit of one source: only what was answered 201 is stored, the other source is served', async (t) => {
  await under.makeTopic('flood', 1);
  const files = await KeyFiles.create(t);
  const sources = {
    web: {
      who: 'keys',
      keysFile: await files.put('web', 'key'),
      limits: { eventsPerSecond: 1, burstSeconds: 20 },
    },
    page: { who: 'open', reason: 'a test' },
  };
  const producer = await under.startProducer(t, 'flood', { SOURCES: JSON.stringify(sources) });
  const events = Array.from({ length: 200 }, (_, index) => `web-${index}`);
  const answers = await Promise.all(events.map((event) => upload(producer, event, bearer('key'))));
  const stored = events.filter((_, index) => answers[index]?.status === 201);
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(stored.length + refused.length, 200);
  assert.ok(stored.length >= 20 && refused.length > 0, `${stored.length} stored`);
  assert.ok(refused.every(({ code, retryAfter }) => code === 'over_quota' && Number(retryAfter) >= 1));
  assert.equal((await upload(producer, 'page')).status, 201);
  assert.equal(await sourceMetric(producer, 'over_quota_total', 'web'), refused.length);
  assert.deepEqual((await under.values('flood')).toSorted(), [...stored, 'page'].toSorted());
});
