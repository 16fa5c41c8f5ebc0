import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { crc32c } from '@platformatic/kafka';
import { batch, StandInStore } from '../../stand-ins.ts';
import { foreignSegment, KEYS, range, decide, partitionFixture } from './fixture.ts';

describe('an offset that is out of range', () => {
  test('is a gap where the log begins later, and the next segment says so', async (t) => {
    const { partition, source, feed, store, gaps, until, fetchOffset, outOfRange } = partitionFixture(t, {
      limits: { maxAgeMs: 30 },
    });
    await feed({ from: 0, to: 3 });
    source.logBounds = { earliest: { offset: 8, leaderEpoch: 2 }, latest: { offset: 20, leaderEpoch: 2 } };
    await fetchOffset();
    await outOfRange();
    assert.deepEqual(gaps, []);
    await outOfRange();
    assert.equal(await fetchOffset(), 8);
    assert.equal(partition.fetchPosition?.leaderEpoch, 2);
    await feed({ from: 8, to: 9 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.segments, [
      [0, 3, [0, 1, 2]],
      [3, 9, [8]],
    ]);
    assert.equal([...store.objects.values()][1]?.metadata['gap'], '3-8');
    assert.deepEqual(gaps, [{ from: 3, to: 8 }]);
  });

  test('grows the gap while the log is deleted further, in one segment', async (t) => {
    const { partition, source, store, gaps, until, outOfRange } = partitionFixture(t, {
      limits: { maxAgeMs: 60 },
    });
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
    assert.deepEqual(store.segments, [[0, 15, []]]);
    assert.equal([...store.objects.values()][0]?.metadata['gap'], '0-15');
  });

  test('is not believed until it is so twice: the bounds may be those of a topic made again', async (t) => {
    const { source, feed, gaps, fetchOffset, outOfRange } = partitionFixture(t);
    source.logBounds = { earliest: { offset: 8, leaderEpoch: 0 }, latest: { offset: 20, leaderEpoch: 0 } };
    await fetchOffset();
    await outOfRange();
    await feed({ from: 0, to: 1 });
    await outOfRange();
    assert.deepEqual(gaps, []);
    assert.equal(await fetchOffset(), 1);
  });

  test('stops the partition where the log ends before the chain', async (t) => {
    const store = new StandInStore();
    const segment = foreignSegment(0, 10);
    store.objects.set(segment.key, segment);
    const { partition, source, until, fetchOffset, gaps, outOfRange } = partitionFixture(t, { store });
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 4, leaderEpoch: 1 } };
    await fetchOffset();
    await outOfRange();
    await outOfRange();
    await until(() => partition.stopped?.reason === 'truncated-log');
    assert.deepEqual(gaps, []);
  });
});

describe('a log that was truncated and grew again', () => {
  test('under what was read and not stored: it is read again from the end of the chain', async (t) => {
    const { feed, store, until, fetchOffset, diverged } = partitionFixture(t);
    await feed({ from: 0, to: 13 });
    await until(() => store.objects.size === 1);
    await diverged(11);
    assert.equal(await fetchOffset(), 10);
    await feed({ from: 10, to: 20, leaderEpoch: 1 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.segments[1], [10, 20, range(10, 20)]);
  });

  test('under what is stored: the partition stops by name, until an operator accepts it', async (t) => {
    const { partition, source, feed, store, until, fetchOffset, diverged } = partitionFixture(t);
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 15, leaderEpoch: 3 } };
    await feed({ from: 0, to: 10 });
    await until(() => partition.storedEnd === 10);
    await fetchOffset();
    await diverged(6);
    await until(() => partition.stopped !== undefined);
    assert.match(
      partition.stopped?.message ?? '',
      /^truncated-log at offset 10: the chain ends there in epoch 0, but the log left that epoch at 6/,
    );
    assert.equal(partition.stopped?.resume, '--accept truncated-log --at 10 --leader-epoch 3');
    assert.equal(partition.fetchPosition, undefined);
    decide(store, { accepts: 'truncated-log', at: 10, leaderEpoch: 3 });
    // Looked at again, the log is still another one; what a decision accepts is the epoch that it has now.
    await fetchOffset();
    await diverged(6);
    assert.equal(await fetchOffset(), 10);
    await feed({ from: 10, to: 20, leaderEpoch: 3 });
    await until(() => partition.storedEnd === 20);
    assert.equal(partition.stopped, undefined);
    await fetchOffset();
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

  test('stops the partition once what stands before it is stored; a decision makes it a gap', async (t) => {
    const { partition, store, until, fetchOffset, accept } = partitionFixture(t);
    const log = Buffer.concat([batch({ from: 0, to: 12 }), corrupt, batch({ from: 15, to: 20 })]);
    await fetchOffset();
    await accept({ log, aborted: [] });
    await until(() => partition.stopped !== undefined);
    assert.deepEqual([partition.stopped?.reason, partition.stopped?.at], ['unreadable-batch', 12]);
    assert.deepEqual(store.segments, [
      [0, 10, range(0, 10)],
      [10, 12, [10, 11]],
    ]);
    assert.equal(partition.storedEnd, 12);
    decide(store, { accepts: 'unreadable-batch', at: 12, end: 15 });
    for (let fetched = await fetchOffset(); fetched < 20; fetched = await fetchOffset()) {
      const rest = fetched < 15 ? [corrupt] : [batch({ from: 15, to: 25 })];
      await accept({ log: Buffer.concat(rest), aborted: [] });
    }
    await until(() => store.segments.at(-1)?.[1] === 25);
    assert.deepEqual(store.segments.at(-1), [12, 25, range(15, 25)]);
    assert.equal(store.objects.get(KEYS.key(12, 25, ''))?.metadata['gap'], '12-15');
  });

  test('does not stop it while what stands before it cannot be stored, nor if another writer was first', async (t) => {
    const { partition, store, until, fetchOffset, accept } = partitionFixture(t);
    const writing = Promise.withResolvers<undefined>();
    store.gate = async () => {
      await writing.promise;
    };
    await fetchOffset();
    const reading = accept({
      log: Buffer.concat([batch({ from: 0, to: 12 }), corrupt]),
      aborted: [],
    });
    // The first of two segments is under way; a longer one of another writer takes the place of the second.
    const foreign = foreignSegment(10, 20);
    store.objects.set(foreign.key, foreign);
    assert.equal(partition.stopped, undefined);
    writing.resolve(undefined);
    await reading;
    await until(() => partition.storedEnd === 20);
    assert.equal(await fetchOffset(), 20);
    assert.equal(partition.stopped, undefined);
  });

  test('is met again in the middle of a batch: the records before it are stored, and once', async (t) => {
    const { partition, store, until, fetchOffset, accept } = partitionFixture(t, {
      limits: { maxRecords: 100 },
    });
    for (let times = 0; times < 2; times++) {
      await fetchOffset();
      await accept({ log: claiming(10), aborted: [] });
      await until(() => partition.stopped !== undefined);
    }
    assert.deepEqual(store.segments, [[0, 8, range(0, 8)]]);
    assert.equal(partition.stopped?.resume, '--accept unreadable-batch --at 8 --end 10');
  });

  test('leaves no listener behind each time that the partition is stopped', async (t) => {
    const { source, until, fetchOffset, accept, partition } = partitionFixture(t);
    const listeners: number[] = [];
    for (let stops = 0; stops < 4; stops++) {
      await fetchOffset();
      assert.ok(source.signal);
      listeners.push(getEventListeners(source.signal, 'abort').length);
      await accept({ log: corrupt, aborted: [] });
      await until(() => partition.fetchPosition === undefined);
    }
    assert.deepEqual(listeners, [1, 1, 1, 1]);
  });

  test('stops nothing where every offset of it has been read', async (t) => {
    const { partition, store, until, fetchOffset, feed, accept } = partitionFixture(t, {
      limits: { maxRecords: 12 },
    });
    await fetchOffset();
    await accept({ log: claiming(8), aborted: [] });
    await feed({ from: 8, to: 12 });
    await until(() => store.segments.length === 1);
    assert.deepEqual(store.segments, [[0, 12, range(0, 12)]]);
    assert.equal(partition.stopped, undefined);
  });
});
