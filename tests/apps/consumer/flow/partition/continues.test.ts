import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Layout } from '../../../../../apps/consumer/object/layout.ts';
import { StandInStore } from '../../stand-ins.ts';
import { fetched, foreignSegment, KEYS, decide, partitionFixture } from './fixture.ts';

const layout: Layout = { codec: 'none', delivery: 'exactly-once', continues: undefined };
const continued = { prefix: 'p', layout };

/** A store in which the chain of the prefix `p` ends at 10. */
function storeTo10(): StandInStore {
  const store = new StandInStore();
  const segment = foreignSegment(0, 10);
  store.objects.set(segment.key, segment);
  return store;
}

const ends = (store: StandInStore, folder: string): [number, number][] =>
  [...store.objects.values()]
    .filter(({ key }) => key.startsWith(folder))
    .map(({ start, metadata }) => [start, Number(metadata['end'])]);

describe('an empty chain that continues another', () => {
  test('begins where the other one ends, whatever is committed, and closes it', async (t) => {
    for (const committed of [undefined, 0, 7, 10, 900]) {
      const store = storeTo10();
      const next = partitionFixture(t, {
        store,
        prefix: 'q',
        continued,
        ...(committed !== undefined && { committed }),
      });
      assert.equal(await next.fetchOffset(), 10);
      const closing = store.objects.get(KEYS.key(10, 10, ''));
      assert.deepEqual([closing?.metadata['end'], closing?.metadata['continued-by']], ['10', 'q']);
      await next.feed({ from: 10, to: 20 });
      await next.until(() => next.partition.storedEnd === 20);
      assert.deepEqual(ends(store, 'q/'), [[10, 20]]);
    }
  });

  test('begins there again where nothing was stored since, and looks no more once something was', async (t) => {
    const store = storeTo10();
    await partitionFixture(t, { store, prefix: 'q', continued }).fetchOffset();
    const second = partitionFixture(t, { store, prefix: 'q', continued });
    assert.equal(await second.fetchOffset(), 10);
    await second.feed({ from: 10, to: 20 });
    await second.until(() => second.partition.storedEnd === 20);
    const third = partitionFixture(t, {
      store,
      prefix: 'q',
      continued: { prefix: 'gone', layout: undefined },
    });
    assert.equal(await third.fetchOffset(), 20);
  });

  test('begins at 0, and closes there, where the other one is empty', async (t) => {
    const store = new StandInStore();
    assert.equal(await partitionFixture(t, { store, prefix: 'q', continued, committed: 5 }).fetchOffset(), 0);
    assert.deepEqual(ends(store, 'p/'), [[0, 0]]);
  });

  test('goes on after a segment that the old writer stored while it was being closed', async (t) => {
    const store = storeTo10();
    store.gate = (segment) => {
      const late = foreignSegment(10, 14);
      if (segment.metadata['continued-by'] === 'q' && segment.start === 10) store.objects.set(late.key, late);
      return Promise.resolve();
    };
    assert.equal(await partitionFixture(t, { store, prefix: 'q', continued }).fetchOffset(), 14);
    assert.deepEqual(ends(store, 'p/'), [
      [0, 10],
      [10, 14],
      [14, 14],
    ]);
  });

  test('closes the other one with an object that its readers can read', async (t) => {
    const store = new StandInStore();
    const gzip = { prefix: 'p', layout: { ...layout, codec: 'gzip' as const } };
    await partitionFixture(t, { store, prefix: 'q', continued: gzip }).fetchOffset();
    const [closing] = [...store.objects.values()];
    assert.equal(gunzipSync(Buffer.concat(closing?.body ?? [])).length, 0);
  });

  test('only follows the other one where its segments may overlap, since nothing closes it', async (t) => {
    const store = new StandInStore();
    const overlapping = { prefix: 'p', layout: { ...layout, delivery: 'at-least-once' as const } };
    const key = KEYS.key(0, 10, '').replace('.ndjson', '-10-w.ndjson');
    store.objects.set(key, { ...foreignSegment(0, 10), key });
    assert.equal(
      await partitionFixture(t, { store, prefix: 'q', continued: overlapping, committed: 3 }).fetchOffset(),
      10,
    );
    assert.equal(store.objects.size, 1);
  });

  test('stops where another prefix continues it already, or its end is not known', async (t) => {
    const store = storeTo10();
    await partitionFixture(t, { store, prefix: 'q', continued }).fetchOffset();
    const other = partitionFixture(t, { store, prefix: 'r', continued });
    await other.until(() => other.partition.stopped !== undefined);
    assert.match(
      other.partition.stopped?.message ?? '',
      /^continued at offset 10: .* the prefix q continues it/,
    );
    assert.equal(other.partition.stopped?.resume, undefined);
    const bad = new StandInStore();
    const segment = foreignSegment(0, 10, { end: 'x' });
    bad.objects.set(segment.key, segment);
    const stopped = partitionFixture(t, { store: bad, prefix: 'q', continued });
    await stopped.until(() => stopped.partition.stopped?.reason === 'bad-segment');
  });

  test('begins where the log went another way, if that is before: what is stored elsewhere was lost to Kafka', async (t) => {
    const store = storeTo10();
    const { partition, fetchOffset, feed, until, diverged } = partitionFixture(t, {
      store,
      prefix: 'q',
      continued,
    });
    assert.equal(await fetchOffset(), 10);
    await diverged(6);
    assert.equal(await fetchOffset(), 6);
    await feed({ from: 6, to: 16, leaderEpoch: 3 });
    await until(() => partition.storedEnd === 16);
    assert.deepEqual(ends(store, 'q/'), [[6, 16]]);
    await diverged(12);
    await until(() => partition.stopped?.reason === 'truncated-log');
  });
});

describe('a chain that another prefix continues', () => {
  test('stops its partition, and no decision lets it go on', async (t) => {
    const store = storeTo10();
    await partitionFixture(t, { store, prefix: 'q', continued }).fetchOffset();
    decide(store, { accepts: 'bad-segment', at: 10, end: 20 });
    const { partition, until } = partitionFixture(t, { store });
    await until(() => partition.stopped !== undefined);
    assert.deepEqual([partition.stopped?.reason, partition.stopped?.at], ['continued', 10]);
  });

  test('takes no segment any more of a writer that was about to store one', async (t) => {
    const store = storeTo10();
    const old = partitionFixture(t, { store });
    assert.equal(await old.fetchOffset(), 10);
    await partitionFixture(t, { store, prefix: 'q', continued }).fetchOffset();
    await old.accept(fetched({ from: 10, to: 20 }));
    await old.until(() => old.partition.stopped !== undefined);
    assert.equal(old.partition.stopped?.reason, 'continued');
    assert.deepEqual(ends(store, 'p/'), [
      [0, 10],
      [10, 10],
    ]);
  });
});
