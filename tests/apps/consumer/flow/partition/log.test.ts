import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32c } from '@platformatic/kafka';
import { batch, StandInStore } from '../../stand-ins.ts';
import { foreignLink, KEYS, range, release, scene } from './fixture.ts';

describe('an offset that is out of range', () => {
  test('is a gap where the log begins later, and the next link says so', async (t) => {
    const { partition, source, feed, store, gaps, until, wanted, outOfRange } = scene(t, {
      limits: { maxAgeMs: 30 },
    });
    await feed({ from: 0, to: 3 });
    source.logBounds = { earliest: { offset: 8, leaderEpoch: 2 }, latest: { offset: 20, leaderEpoch: 2 } };
    await wanted();
    await outOfRange();
    assert.deepEqual(gaps, []);
    await outOfRange();
    assert.equal(await wanted(), 8);
    assert.equal(partition.fetchPosition?.leaderEpoch, 2);
    await feed({ from: 8, to: 9 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.links, [
      [0, 3, [0, 1, 2]],
      [3, 9, [8]],
    ]);
    assert.equal([...store.objects.values()][1]?.metadata['gap'], '3-8');
    assert.deepEqual(gaps, [{ from: 3, to: 8 }]);
  });

  test('grows the gap while the log is deleted further, in one link', async (t) => {
    const { partition, source, store, gaps, until, outOfRange } = scene(t, { limits: { maxAgeMs: 60 } });
    for (const offset of [8, 15]) {
      source.logBounds = { earliest: { offset, leaderEpoch: 0 }, latest: { offset: 20, leaderEpoch: 0 } };
      await until(() => partition.fetchPosition !== undefined);
      await outOfRange();
      await outOfRange();
    }
    assert.deepEqual(gaps, [
      { from: 0, to: 8 },
      { from: 8, to: 15 },
    ]);
    await until(() => store.objects.size === 1);
    assert.deepEqual(store.links, [[0, 15, []]]);
    assert.equal([...store.objects.values()][0]?.metadata['gap'], '0-15');
  });

  test('is not believed until it is so twice: the bounds may be those of a topic made again', async (t) => {
    const { source, feed, gaps, wanted, outOfRange } = scene(t);
    source.logBounds = { earliest: { offset: 8, leaderEpoch: 0 }, latest: { offset: 20, leaderEpoch: 0 } };
    await wanted();
    await outOfRange();
    await feed({ from: 0, to: 1 });
    await outOfRange();
    assert.deepEqual(gaps, []);
    assert.equal(await wanted(), 1);
  });

  test('stops the partition where the log ends before the chain', async (t) => {
    const store = new StandInStore();
    const link = foreignLink(0, 10);
    store.objects.set(link.key, link);
    const { partition, source, until, wanted, gaps, outOfRange } = scene(t, { store });
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 4, leaderEpoch: 1 } };
    await wanted();
    await outOfRange();
    await outOfRange();
    await until(() => partition.stopped?.reason === 'truncated-log');
    assert.deepEqual(gaps, []);
  });
});

describe('a log that was truncated and grew again', () => {
  test('under what was read and not stored: it is read again from the end of the chain', async (t) => {
    const { feed, store, until, wanted, diverged } = scene(t);
    await feed({ from: 0, to: 13 });
    await until(() => store.objects.size === 1);
    await diverged(11);
    assert.equal(await wanted(), 10);
    await feed({ from: 10, to: 20, leaderEpoch: 1 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.links[1], [10, 20, range(10, 20)]);
  });

  test('under what is stored: the partition stops by name, until a release accepts it', async (t) => {
    const { partition, source, feed, store, until, wanted, diverged } = scene(t);
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 15, leaderEpoch: 3 } };
    await feed({ from: 0, to: 10 });
    await until(() => partition.storedEnd === 10);
    await wanted();
    await diverged(6);
    await until(() => partition.stopped !== undefined);
    assert.match(
      partition.stopped?.message ?? '',
      /^truncated-log at offset 10: the chain ends there in epoch 0, but the log left that epoch at 6/,
    );
    assert.equal(partition.stopped?.release, '--accept truncated-log --at 10 --leader-epoch 3');
    assert.equal(partition.fetchPosition, undefined);
    release(store, { accepts: 'truncated-log', at: 10, leaderEpoch: 3 });
    // Looked at again, the log is still another one; what a release accepts is the epoch that it has now.
    await wanted();
    await diverged(6);
    assert.equal(await wanted(), 10);
    await feed({ from: 10, to: 20, leaderEpoch: 3 });
    await until(() => partition.storedEnd === 20);
    assert.equal(partition.stopped, undefined);
    await wanted();
    await diverged(15);
    await until(() => partition.stopped?.at === 20);
  });
});

describe('a batch that cannot be read', () => {
  const corrupt = batch({ from: 12, to: 15 });
  corrupt[corrupt.length - 1] = 0x7f;

  /** Eight records from 0 on, of nine that it says to hold. */
  const claiming = (to: number): Buffer => {
    const bytes = batch({ from: 0, to, offsets: range(0, 8) });
    bytes.writeInt32BE(9, 57);
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
    return bytes;
  };

  test('stops the partition once what stands before it is stored; a release makes it a gap', async (t) => {
    const { partition, store, until, wanted, accept } = scene(t);
    const log = Buffer.concat([batch({ from: 0, to: 12 }), corrupt, batch({ from: 15, to: 20 })]);
    await wanted();
    await accept({ log, aborted: [] });
    await until(() => partition.stopped !== undefined);
    assert.deepEqual([partition.stopped?.reason, partition.stopped?.at], ['unreadable-batch', 12]);
    assert.deepEqual(store.links, [
      [0, 10, range(0, 10)],
      [10, 12, [10, 11]],
    ]);
    assert.equal(partition.storedEnd, 12);
    release(store, { accepts: 'unreadable-batch', at: 12, end: 15 });
    for (let fetched = await wanted(); fetched < 20; fetched = await wanted()) {
      const rest = fetched < 15 ? [corrupt] : [batch({ from: 15, to: 25 })];
      await accept({ log: Buffer.concat(rest), aborted: [] });
    }
    await until(() => store.links.at(-1)?.[1] === 25);
    assert.deepEqual(store.links.at(-1), [12, 25, range(15, 25)]);
    assert.equal(store.objects.get(KEYS.key(12, 25, ''))?.metadata['gap'], '12-15');
  });

  test('does not stop it while what stands before it cannot be stored, nor if another writer was first', async (t) => {
    const { partition, store, until, wanted, accept } = scene(t);
    const writing = Promise.withResolvers<undefined>();
    store.gate = async () => {
      await writing.promise;
    };
    await wanted();
    const reading = accept({
      log: Buffer.concat([batch({ from: 0, to: 12 }), corrupt]),
      aborted: [],
    });
    // The first of two links is under way; a longer one of another writer takes the place of the second.
    const foreign = foreignLink(10, 20);
    store.objects.set(foreign.key, foreign);
    assert.equal(partition.stopped, undefined);
    writing.resolve(undefined);
    await reading;
    await until(() => partition.storedEnd === 20);
    assert.equal(await wanted(), 20);
    assert.equal(partition.stopped, undefined);
  });

  test('is met again in the middle of a batch: the records before it are stored, and once', async (t) => {
    const { partition, store, until, wanted, accept } = scene(t, { limits: { maxRecords: 100 } });
    for (let times = 0; times < 2; times++) {
      await wanted();
      await accept({ log: claiming(10), aborted: [] });
      await until(() => partition.stopped !== undefined);
    }
    assert.deepEqual(store.links, [[0, 8, range(0, 8)]]);
    assert.equal(partition.stopped?.release, '--accept unreadable-batch --at 8 --end 10');
  });

  test('stops nothing where every offset of it has been read', async (t) => {
    const { partition, store, until, wanted, feed, accept } = scene(t, { limits: { maxRecords: 12 } });
    await wanted();
    await accept({ log: claiming(8), aborted: [] });
    await feed({ from: 8, to: 12 });
    await until(() => store.links.length === 1);
    assert.deepEqual(store.links, [[0, 12, range(0, 12)]]);
    assert.equal(partition.stopped, undefined);
  });
});
