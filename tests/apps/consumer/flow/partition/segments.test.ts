import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StandInStore } from '../../stand-ins.ts';
import { foreignLink, range, release, scene } from './fixture.ts';

describe('where reading begins', () => {
  test('at the end of the chain, whatever the commit says, and the commit is set right', async (t) => {
    for (const committed of [undefined, 0, 5, 10, 500]) {
      const store = new StandInStore();
      const link = foreignLink(0, 10);
      store.objects.set(link.key, link);
      const { wanted, source } = scene(t, { store, ...(committed !== undefined && { committed }) });
      assert.equal(await wanted(), 10);
      assert.deepEqual(
        source.commits.map(({ offset }) => offset),
        committed === 10 ? [] : [10],
      );
    }
  });

  test('at 0 where the chain is empty, even if something was committed', async (t) => {
    const { wanted, source } = scene(t, { committed: 17 });
    assert.equal(await wanted(), 0);
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
    const link = foreignLink(0, 10);
    store.objects.set(link.key, link);
    const { partition, until, wanted } = scene(t, { store, committed: 4 });
    assert.equal(partition.storedEnd, undefined);
    await until(() => partition.storedEnd !== undefined);
    assert.equal(partition.storedEnd, 4);
    walking.resolve(undefined);
    assert.equal(await wanted(), 10);
    assert.equal(partition.storedEnd, 10);
  });

  test('at the commit where the chain is empty and the prefix that it continues has expired', async (t) => {
    const { wanted, feed, store, until } = scene(t, {
      committed: 17,
      continued: { prefix: 'expired', layout: undefined },
    });
    assert.equal(await wanted(), 17);
    await feed({ from: 10, to: 27 });
    await until(() => store.objects.size === 1);
    assert.deepEqual(store.links, [[17, 27, range(17, 27)]]);
  });
});

describe('what closes a link', () => {
  test('its count, and the next link begins where it ended', async (t) => {
    const { feed, store, until, source } = scene(t);
    await feed({ from: 0, to: 25 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.links, [
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
    const { feed, store, until } = scene(t, { limits: { maxBytes: 130 } });
    await feed({ from: 0, to: 5 });
    await until(() => store.objects.size === 2);
    assert.ok([...store.objects.values()].every(({ body }) => Buffer.concat(body).length <= 130));
  });

  test('its age, though nothing more arrives', async (t) => {
    const { feed, store, until } = scene(t, { limits: { maxAgeMs: 30 } });
    await feed({ from: 0, to: 3 });
    await until(() => store.objects.size === 1);
    assert.deepEqual(store.links, [[0, 3, [0, 1, 2]]]);
  });

  test('its span, where compaction has left few records, in links without records where there are none', async (t) => {
    const { feed, store, until } = scene(t);
    await feed({ from: 0, to: 350, offsets: [5, 330] });
    await until(() => store.objects.size === 3);
    assert.deepEqual(store.links, [
      [0, 100, [5]],
      [100, 200, []],
      [200, 300, []],
    ]);
    assert.equal([...store.objects.values()][1]?.metadata['count'], '0');
  });

  test('memory that is spent, with every threshold far', async (t) => {
    const { feed, store, until } = scene(t, { memory: 200, limits: { maxRecords: 1000 } });
    for (const from of range(0, 10)) await feed({ from, to: from + 1 });
    await until(() => store.objects.size > 0);
  });
});

test('control records are passed: the link that ends after them says so', async (t) => {
  const { feed, store, until } = scene(t, { limits: { maxAgeMs: 30 } });
  await feed({ from: 0, to: 2 }, { from: 2, to: 3, isControl: true });
  await until(() => store.objects.size === 1);
  assert.deepEqual(store.links, [[0, 3, [0, 1]]]);
});

test('one link is stored at a time, and while it waits only one more is filled', async (t) => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  let uploads = 0;
  store.gate = async () => {
    uploads += 1;
    await held.promise;
  };
  const { feed, partition, until } = scene(t, { store });
  const feeding = feed({ from: 0, to: 50 });
  await until(() => uploads === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(uploads, 1);
  assert.equal(partition.fetchPosition?.offset, 50);
  held.resolve(undefined);
  await feeding;
  await until(() => store.objects.size === 5);
  assert.deepEqual(
    store.links.flatMap(([, , offsets]) => offsets),
    range(0, 50),
  );
});

describe('a link that is there already', () => {
  for (const [what, end, rest] of [
    ['shorter', 4, [4, 14]],
    ['longer', 13, [13, 23]],
    ['of equal length', 10, [10, 20]],
  ] as const) {
    test(`of another writer, ${what}: its end counts`, async (t) => {
      const store = new StandInStore();
      const foreign = foreignLink(0, end);
      store.gate = (link) => {
        if (link.start === 0) store.objects.set(foreign.key, foreign);
        return Promise.resolve();
      };
      const { feed, wanted, adopted, until, source } = scene(t, { store });
      await feed({ from: 0, to: 12 });
      await until(() => adopted() === 1);
      assert.deepEqual(
        source.commits.map(({ offset }) => offset),
        [end],
      );
      await feed({ from: await wanted(), to: 30 });
      await until(() => store.objects.size > 1);
      assert.deepEqual(store.links[0]?.slice(0, 2), [0, end]);
      assert.deepEqual(store.links[1], [...rest, range(rest[0], rest[1])]);
    });
  }

  test('with a bad end: the partition stops, and goes on where a release says that it ends', async (t) => {
    const store = new StandInStore();
    const foreign = foreignLink(0, 10, { end: '0' });
    store.gate = (link) => {
      if (link.start === 0) store.objects.set(foreign.key, foreign);
      return Promise.resolve();
    };
    const { feed, partition, until, wanted, source } = scene(t, { store });
    await feed({ from: 0, to: 12 });
    await until(() => partition.stopped?.reason === 'bad-link');
    assert.equal(partition.fetchPosition, undefined);
    assert.deepEqual(source.commits, []);
    release(store, { accepts: 'bad-link', at: 0, end: 7 });
    assert.equal(await wanted(), 7);
  });
});
