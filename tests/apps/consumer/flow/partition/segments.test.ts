import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StandInStore } from '../../stand-ins.ts';
import { foreignSegment, range, decide, partitionFixture } from './fixture.ts';

describe('where reading begins', () => {
  test('at the end of the chain, whatever the commit says, and the commit is set right', async (t) => {
    for (const committed of [undefined, 0, 5, 10, 500]) {
      const store = new StandInStore();
      const segment = foreignSegment(0, 10);
      store.objects.set(segment.key, segment);
      const { fetchOffset, source } = partitionFixture(t, {
        store,
        ...(committed !== undefined && { committed }),
      });
      assert.equal(await fetchOffset(), 10);
      assert.deepEqual(
        source.commits.map(({ offset }) => offset),
        committed === 10 ? [] : [10],
      );
    }
  });

  test('at 0 where the chain is empty, even if something was committed', async (t) => {
    const { fetchOffset, source } = partitionFixture(t, { committed: 17 });
    assert.equal(await fetchOffset(), 0);
    assert.deepEqual(
      source.commits.map(({ offset }) => offset),
      [0],
    );
  });

  test('until the chain has been walked, what is committed stands for what is stored', async (t) => {
    const store = new StandInStore();
    const walking = Promise.withResolvers<undefined>();
    const head = store.head.bind(store);
    store.head = async (key) => {
      await walking.promise;
      return head(key);
    };
    const segment = foreignSegment(0, 10);
    store.objects.set(segment.key, segment);
    const { partition, until, fetchOffset } = partitionFixture(t, { store, committed: 4 });
    assert.equal(partition.storedEnd, undefined);
    await until(() => partition.storedEnd !== undefined);
    assert.equal(partition.storedEnd, 4);
    walking.resolve(undefined);
    assert.equal(await fetchOffset(), 10);
    assert.equal(partition.storedEnd, 10);
  });

  test('at the commit where the chain is empty and the prefix that it continues has expired', async (t) => {
    const { fetchOffset, feed, store, until } = partitionFixture(t, {
      committed: 17,
      continued: { prefix: 'expired', layout: undefined },
    });
    assert.equal(await fetchOffset(), 17);
    await feed({ from: 10, to: 27 });
    await until(() => store.objects.size === 1);
    assert.deepEqual(store.segments, [[17, 27, range(17, 27)]]);
  });
});

describe('what closes a segment', () => {
  test('its count, and the next segment begins where it ended', async (t) => {
    const { feed, store, until, source } = partitionFixture(t);
    await feed({ from: 0, to: 25 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.segments, [
      [0, 10, range(0, 10)],
      [10, 20, range(10, 20)],
    ]);
    await until(() => source.commits.length === 2);
    assert.deepEqual(
      source.commits.map(({ offset }) => offset),
      [10, 20],
    );
  });

  test('its bytes: a line that no longer fits opens the next one', async (t) => {
    const { feed, store, until } = partitionFixture(t, { limits: { maxBytes: 130 } });
    await feed({ from: 0, to: 5 });
    await until(() => store.objects.size === 2);
    assert.ok([...store.objects.values()].every(({ body }) => Buffer.concat(body).length <= 130));
  });

  test('its age, though nothing more arrives', async (t) => {
    const { feed, store, until } = partitionFixture(t, { limits: { maxAgeMs: 30 } });
    await feed({ from: 0, to: 3 });
    await until(() => store.objects.size === 1);
    assert.deepEqual(store.segments, [[0, 3, [0, 1, 2]]]);
  });

  test('its span, where compaction has left few records, in segments without records where there are none', async (t) => {
    const { feed, store, until } = partitionFixture(t);
    await feed({ from: 0, to: 350, offsets: [5, 330] });
    await until(() => store.objects.size === 3);
    assert.deepEqual(store.segments, [
      [0, 100, [5]],
      [100, 200, []],
      [200, 300, []],
    ]);
    assert.equal([...store.objects.values()][1]?.metadata['count'], '0');
  });

  test('memory that is spent, with every threshold far', async (t) => {
    const { feed, store, until } = partitionFixture(t, { memory: 200, limits: { maxRecords: 1000 } });
    for (const from of range(0, 10)) await feed({ from, to: from + 1 });
    await until(() => store.objects.size > 0);
  });
});

test('control records are passed: the segment that ends after them says so', async (t) => {
  const { feed, store, until } = partitionFixture(t, { limits: { maxAgeMs: 30 } });
  await feed({ from: 0, to: 2 }, { from: 2, to: 3, isControl: true });
  await until(() => store.objects.size === 1);
  assert.deepEqual(store.segments, [[0, 3, [0, 1]]]);
});

test('one segment is stored at a time, and while it waits only one more is filled', async (t) => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  let uploads = 0;
  store.gate = async () => {
    uploads += 1;
    await held.promise;
  };
  const { feed, partition, until } = partitionFixture(t, { store });
  const feeding = feed({ from: 0, to: 50 });
  await until(() => uploads === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(uploads, 1);
  assert.equal(partition.fetchPosition?.offset, 50);
  held.resolve(undefined);
  await feeding;
  await until(() => store.objects.size === 5);
  assert.deepEqual(
    store.segments.flatMap(([, , offsets]) => offsets),
    range(0, 50),
  );
});

describe('a segment that is there already', () => {
  for (const [what, end, rest] of [
    ['shorter', 4, [4, 14]],
    ['longer', 13, [13, 23]],
    ['of equal length', 10, [10, 20]],
  ] as const) {
    test(`of another writer, ${what}: its end counts`, async (t) => {
      const store = new StandInStore();
      const foreign = foreignSegment(0, end);
      store.gate = (segment) => {
        if (segment.start === 0) store.objects.set(foreign.key, foreign);
        return Promise.resolve();
      };
      const { feed, fetchOffset, adopted, until, source } = partitionFixture(t, { store });
      await feed({ from: 0, to: 12 });
      await until(() => adopted() === 1);
      assert.deepEqual(
        source.commits.map(({ offset }) => offset),
        [end],
      );
      await feed({ from: await fetchOffset(), to: 30 });
      await until(() => store.objects.size > 1);
      assert.deepEqual(store.segments[0]?.slice(0, 2), [0, end]);
      assert.deepEqual(store.segments[1], [...rest, range(rest[0], rest[1])]);
    });
  }

  test('with a bad end: the partition stops, and goes on where an operator says that it ends', async (t) => {
    const store = new StandInStore();
    const foreign = foreignSegment(0, 10, { end: '0' });
    store.gate = (segment) => {
      if (segment.start === 0) store.objects.set(foreign.key, foreign);
      return Promise.resolve();
    };
    const { feed, partition, until, fetchOffset, source } = partitionFixture(t, { store });
    await feed({ from: 0, to: 12 });
    await until(() => partition.stopped?.reason === 'bad-segment');
    assert.equal(partition.fetchPosition, undefined);
    assert.deepEqual(source.commits, []);
    decide(store, { accepts: 'bad-segment', at: 0, end: 7 });
    assert.equal(await fetchOffset(), 7);
  });
});
