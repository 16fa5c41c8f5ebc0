import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../infra/local/verify.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { range } from './consumer/fixture.ts';
import { Harness } from './consumer/harness.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

test('a consumer that disagrees with the layout of its prefix refuses to start', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 10);
  const first = fixture.start();
  await fixture.storedUpTo(10);
  for (const variables of [
    { OBJECT_CODEC: 'zstd' },
    { DELIVERY: 'at-least-once' },
    { STORE_CONTINUES: 'other' },
  ] as const) {
    await assert.rejects(fixture.start(variables).started, { name: 'LayoutError' });
  }
  await first.stop();
  assert.deepEqual(await fixture.keys(`${fixture.prefix}/_`), [`${fixture.prefix}/_layout.json`]);
  await fixture.verify();
});

test('a roll to another codec stores nothing twice, with old and new consumers side by side', async () => {
  const fixture = await harness.fixture({ partitions: 4 });
  const partitions = range(0, 4);
  const prefix = `${fixture.prefix}-zstd`;
  const next = { STORE_PREFIX: prefix, STORE_CONTINUES: fixture.prefix, OBJECT_CODEC: 'zstd' } as const;
  let sent = 0;
  const send = async (): Promise<void> => {
    await Promise.all(partitions.map((partition) => fixture.sendNumbers(sent, sent + 20, { partition })));
    sent += 20;
  };
  await send();
  const old = [fixture.start(), fixture.start()];
  await Promise.all(partitions.map((partition) => fixture.storedUpTo(20, partition)));
  // As a Deployment rolls: a new pod first, then an old one ends, with events all the time.
  for (const pod of old) {
    const replacing = fixture.start(next);
    await replacing.line(/partitions assigned/);
    await send();
    await pod.stop();
    await send();
  }
  const offsets = async (below: string, partition: number): Promise<number[]> => {
    const keys = await fixture.keys(`${below}/${fixture.topic}/${fixture.topicId}/${partition}/`);
    const segments = await Promise.all(keys.map((key) => fixture.segment(key)));
    return segments.flatMap(({ lines }) =>
      lines.map((line) => (JSON.parse(line) as { offset: number }).offset),
    );
  };
  for (const partition of partitions) {
    await waitUntil(async () => (await offsets(prefix, partition)).at(-1) === sent - 1, {
      what: `stored up to ${sent}`,
      deadlineMs: 60_000,
    });
    const both = [...(await offsets(fixture.prefix, partition)), ...(await offsets(prefix, partition))];
    assert.deepEqual(both, range(0, sent));
  }
  const { violations } = await verifyStore(harness.s3, { bucket: harness.store.bucket, prefix: '' });
  const ours = violations.filter(({ examples }) =>
    examples.some((example) => example.includes(fixture.topic)),
  );
  assert.deepEqual(ours, []);
});

test('a consumer refuses to continue a prefix that is not there', async () => {
  const fixture = await harness.fixture();
  await assert.rejects(
    fixture.start({ STORE_CONTINUES: 'mistyped' }).started,
    /STORE_CONTINUES must be the prefix of earlier/,
  );
});

test('a prefix that continues another one begins where that ended, though nothing is committed', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 30);
  const first = fixture.start();
  await fixture.storedUpTo(30);
  await first.stop();
  await fixture.expireCommits();
  await fixture.sendNumbers(30, 45);
  const prefix = `${fixture.prefix}-next`;
  fixture.start({ STORE_PREFIX: prefix, STORE_CONTINUES: fixture.prefix, OBJECT_CODEC: 'zstd' });
  const key = fixture.key(30, 0, '.ndjson.zst').replace(fixture.prefix, prefix);
  await waitUntil(async () => (await fixture.keys(`${prefix}/`)).length === 3, {
    what: 'stored',
    deadlineMs: 60_000,
  });
  assert.ok((await fixture.keys(`${prefix}/`)).includes(key));
  assert.equal((await fixture.segment(key)).lines.length, 10);
});
