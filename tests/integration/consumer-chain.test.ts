import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { verifyStore } from '../../infra/local/verify.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from './consumer/harness.ts';
import type { Fixture } from './consumer/fixture.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** Starts, length and gap of each segment: what a chain looks like. */
async function shape(fixture: Fixture, partition = 0): Promise<[number, number, number][]> {
  const segments = await fixture.segments(partition);
  return segments.map(({ key, metadata, lines }) => {
    const start = Number(/(\d{20})\./.exec(key)?.[1]);
    return [start, Number(metadata['end']), lines.length];
  });
}

/** Puts the segment that another writer of `{"n":offset}` would have made. */
async function putAsAnother(fixture: Fixture, start: number, end: number): Promise<void> {
  const lines = range(start, end).map(
    (n) => `{"offset":${n},"timestamp":1,"headers":[],"value":{"n":${n}}}\n`,
  );
  const position = { 'first-timestamp': '1', 'last-timestamp': '1', 'leader-epoch': '0', writer: 'another' };
  await fixture.put(
    fixture.key(start),
    {
      ...position,
      end: String(end),
      count: String(end - start),
      'first-offset': String(start),
      'last-offset': String(end - 1),
    },
    gzipSync(lines.join('')),
  );
}

describe('a segment that another writer has put meanwhile', () => {
  for (const [what, end, rest] of [
    ['shorter', 15, [15, 25]],
    ['longer', 23, [23, 30]],
    ['equal', 20, [20, 30]],
  ] as const) {
    test(`${what}: its end counts, and every offset is stored once`, async () => {
      const fixture = await harness.fixture();
      await fixture.sendNumbers(0, 30);
      const raced = harness.proxy.at(
        'before-forward',
        async () => {
          await putAsAnother(fixture, 10, end);
          return 'go-on';
        },
        ({ topic, start }) => topic === fixture.topic && start === 10,
      );
      const consumer = fixture.start();
      await raced;
      await fixture.storedUpTo(30);
      assert.deepEqual(await fixture.offsets(), range(0, 30));
      assert.deepEqual((await shape(fixture)).slice(1, 3), [
        [10, end, end - 10],
        [rest[0], rest[1], rest[1] - rest[0]],
      ]);
      assert.equal(await consumer.metric('adopted_segments_total'), 1);
      assert.equal(await consumer.metric('conflicts_total'), 1);
      await fixture.verify();
      await consumer.stop();
      assert.equal(await fixture.committed(), 30);
    });
  }
});

for (const kind of ['lost-answer', 'half-answer'] as const) {
  test(`${kind} to a PUT: the object is taken for what it is, one's own`, async () => {
    const fixture = await harness.fixture();
    await fixture.sendNumbers(0, 20);
    harness.proxy.inject({ kind }, 1);
    const consumer = fixture.start();
    await fixture.storedUpTo(20);
    assert.equal(harness.proxy.faultsLeft, 0);
    assert.deepEqual(await shape(fixture), [
      [0, 10, 10],
      [10, 20, 10],
    ]);
    assert.equal(await consumer.metric('conflicts_total'), 1);
    assert.equal(await consumer.metric('adopted_segments_total'), 0);
    await fixture.verify();
  });
}

describe('a commit is a hint, never the position', () => {
  for (const [what, committed] of [
    ['backwards', 3],
    ['to the middle of a segment', 25],
    ['forwards, beyond the log', 100_000],
  ] as const) {
    test(`reset ${what}: reading goes on at the end of the chain, and the commit is set right`, async () => {
      const fixture = await harness.fixture();
      await fixture.sendNumbers(0, 30);
      const first = fixture.start();
      await fixture.storedUpTo(30);
      await first.stop();
      await fixture.commit(committed);
      await fixture.sendNumbers(30, 45);
      const second = fixture.start({ MAX_SPAN: '20' });
      await fixture.storedUpTo(45);
      assert.deepEqual(await fixture.offsets(), range(0, 45));
      assert.equal(await second.metric('conflicts_total'), 0);
      await fixture.verify();
      await waitUntil(async () => (await fixture.committed()) === 45, {
        what: 'committed',
        deadlineMs: 60_000,
      });
    });
  }

  test('expired: reading goes on at the end of the chain', async () => {
    const fixture = await harness.fixture();
    await fixture.sendNumbers(0, 30);
    const first = fixture.start();
    await fixture.storedUpTo(30);
    await first.stop();
    await fixture.expireCommits();
    assert.equal(await fixture.committed(), undefined);
    const second = fixture.start();
    await waitUntil(async () => (await fixture.committed()) === 30, {
      what: 'committed anew',
      deadlineMs: 60_000,
    });
    await fixture.sendNumbers(30, 40);
    await fixture.storedUpTo(40);
    assert.deepEqual(await fixture.offsets(), range(0, 40));
    assert.equal(await second.metric('conflicts_total'), 0);
    await fixture.verify();
  });

  test('it is made only after the PUT: while the store hangs, nothing is committed', async () => {
    const fixture = await harness.fixture();
    await fixture.sendNumbers(0, 10);
    const held = Promise.withResolvers<undefined>();
    const put = harness.proxy.at(
      'before-forward',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        assert.equal(await fixture.committed(), undefined);
        held.resolve(undefined);
        return 'go-on';
      },
      ({ topic }) => topic === fixture.topic,
    );
    fixture.start();
    await put;
    await held.promise;
    await waitUntil(async () => (await fixture.committed()) === 10, {
      what: 'committed',
      deadlineMs: 60_000,
    });
  });
});

test('records that Kafka deleted before they were read are a gap in the next segment, counted and logged', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 10);
  const first = fixture.start();
  await fixture.storedUpTo(10);
  await first.stop();
  await fixture.sendNumbers(10, 40);
  await fixture.deleteRecordsBefore(30);
  const second = fixture.start();
  const segments = await fixture.storedUpTo(40);
  assert.equal(segments[1]?.metadata['gap'], '10-30');
  assert.deepEqual(await shape(fixture), [
    [0, 10, 10],
    [10, 40, 10],
  ]);
  assert.equal(await second.metric('gaps_total', { partition: 0 }), 1);
  assert.equal(await second.metric('gap_offsets_total'), 20);
  await second.line(/offsets 10 to 30 are recorded as a gap: Kafka has deleted them/);
  const { recordedGaps, absent } = await fixture.verify();
  assert.deepEqual([recordedGaps, absent], [20, 0]);
});

test('a chain begins at 0 even where its log does not any more', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 25);
  await fixture.deleteRecordsBefore(20);
  fixture.start();
  const segments = await fixture.storedUpTo(25);
  assert.equal(segments[0]?.key, fixture.key(0));
  assert.equal(segments[0].metadata['gap'], '0-20');
  await fixture.verify();
});

test('a topic made again with the same name: its records are stored, none is taken for the old ones', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 30);
  const consumer = fixture.start();
  await fixture.storedUpTo(30);
  const before = await fixture.segments();
  // What is buffered when the topic goes must not reach a chain of the new one.
  await fixture.send([{ value: '"old"' }]);
  await harness.admin.deleteTopics({ topics: [fixture.topic] });
  await waitUntil(async () => !(await harness.admin.listTopics()).includes(fixture.topic), {
    what: 'topic gone',
    deadlineMs: 60_000,
  });
  const old = fixture.topicId;
  fixture.topicId = await harness.makeTopic(fixture.topic, 1);
  assert.notEqual(fixture.topicId, old);
  await fixture.sendNumbers(0, 20);
  await fixture.storedUpTo(20);
  assert.deepEqual(await fixture.offsets(), range(0, 20));
  assert.equal((await fixture.segments())[0]?.key, fixture.key(0));
  fixture.topicId = old;
  const kept = (await fixture.segments()).slice(0, before.length);
  assert.deepEqual(kept, before);
  await fixture.verify();
  assert.equal(await consumer.metric('gaps_total'), 0);
  await waitUntil(async () => (await fixture.committed()) === 20, { what: 'committed', deadlineMs: 60_000 });
});

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

describe('a last segment that does not say its end', () => {
  test('stops its partition by name; the others go on, and an operator resumes it', async () => {
    const fixture = await harness.fixture({ partitions: 2 });
    await fixture.sendNumbers(0, 10);
    const first = fixture.start();
    await fixture.storedUpTo(10);
    await first.stop();
    await fixture.put(fixture.key(10), { end: '10', writer: 'broken' }, gzipSync(''));
    await fixture.sendNumbers(10, 30);
    await fixture.sendNumbers(0, 10, { partition: 1 });
    const second = fixture.start();
    const { msg, resume } = await second.line(/partition stopped/);
    assert.match(
      msg,
      /bad-segment at offset 10: .*0{18}10\.ndjson\.gz: its metadata has end "10", which must be an offset above its start 10/,
    );
    await fixture.storedUpTo(10, 1);
    assert.equal(await second.metric('partition_stopped', { partition: 0 }), 1);
    assert.equal(await second.metric('partition_stopped', { partition: 1 }), 0);
    await fixture.runResume(String(resume).replace('OFFSET', '12').split(' '));
    await fixture.storedUpTo(30);
    assert.deepEqual(await fixture.offsets(), [...range(0, 10), ...range(12, 30)]);
    await waitUntil(async () => (await second.metric('partition_stopped')) === 0, {
      what: 'resumed',
      deadlineMs: 60_000,
    });
  });
});

test('at-least-once: no condition, and keys that no two writers share', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 20);
  const first = fixture.start({ DELIVERY: 'at-least-once' });
  await fixture.storedUpTo(20);
  await first.stop();
  await fixture.sendNumbers(20, 30);
  const second = fixture.start({ DELIVERY: 'at-least-once' });
  const segments = await fixture.storedUpTo(30);
  const names = segments.map(({ key }) => key.slice(key.lastIndexOf('/') + 1));
  assert.match(names[0] ?? '', /^0{20}-10-[\w-]+\.ndjson\.gz$/);
  assert.deepEqual(await fixture.offsets(), range(0, 30));
  assert.equal((await first.metric('conflicts_total')) + (await second.metric('conflicts_total')), 0);
});
