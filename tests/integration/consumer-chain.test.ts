import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from './consumer/harness.ts';
import { range, type Fixture } from './consumer/fixture.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

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
