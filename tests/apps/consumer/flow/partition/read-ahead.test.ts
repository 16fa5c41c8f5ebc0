import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { StandInStore } from '../../stand-ins.ts';
import { fetched, foreignSegment, range, partitionFixture } from './fixture.ts';

/** A partition that reads 25 records, of which the store holds up the first ten, and so all that comes after 20. */
async function heldUp(t: TestContext) {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = () => held.promise;
  const made = partitionFixture(t, { store });
  await made.fetchOffset();
  const reading = made.accept(fetched({ from: 0, to: 25 }));
  return { ...made, reading, goOn: () => held.resolve(undefined) };
}

test('one fetch goes ahead of what is being read, and no second one', async (t) => {
  const { partition, fetchOffset, reading, goOn, store, accept } = await heldUp(t);
  assert.equal(await fetchOffset(), 25);
  const ahead = accept(fetched({ from: 25, to: 28 }, { from: 28, to: 30 }));
  assert.equal(partition.fetchPosition, undefined);
  goOn();
  await Promise.all([reading, ahead]);
  assert.equal(await fetchOffset(), 30);
  assert.deepEqual(store.segments, [
    [0, 10, range(0, 10)],
    [10, 20, range(10, 20)],
    [20, 30, range(20, 30)],
  ]);
});

test('what was fetched ahead is dropped where another writer was first and its end counts', async (t) => {
  const { fetchOffset, reading, goOn, store, until, source, accept } = await heldUp(t);
  const ahead = accept(fetched({ from: 25, to: 35 }));
  const other = foreignSegment(0, 7);
  store.objects.set(other.key, other);
  goOn();
  await Promise.all([reading, ahead]);
  await until(() => source.commits.length > 0);
  assert.equal(await fetchOffset(), 7);
});

test('a fault that is met ahead is left to the fetch from where reading has come to', async (t) => {
  const { partition, fetchOffset, reading, goOn, gaps, source, from, outOfRange } = await heldUp(t);
  source.logBounds = { earliest: { offset: 40, leaderEpoch: 0 }, latest: { offset: 50, leaderEpoch: 0 } };
  const ahead = from();
  await partition.outOfRange(ahead);
  await partition.diverged(ahead, 3);
  assert.equal(partition.fetchPosition, undefined);
  goOn();
  await reading;
  assert.equal(await fetchOffset(), 25);
  assert.deepEqual(gaps, []);
  await outOfRange();
  await outOfRange();
  assert.deepEqual(gaps, [{ from: 25, to: 40 }]);
});

test('closing lets go of what was fetched ahead', async (t) => {
  const { partition, reading, goOn, buffers, accept } = await heldUp(t);
  const ahead = accept(fetched({ from: 25, to: 35 }));
  const closing = partition.close(false);
  goOn();
  await Promise.all([closing, reading, ahead]);
  assert.equal(buffers.bytes, 0);
});

test('a fetch of another session takes the place of none, whatever its offset', async (t) => {
  const { partition, from, fetchOffset, reading, goOn, accept } = await heldUp(t);
  const other = partitionFixture(t);
  await other.fetchOffset();
  await partition.accept({ ...from(), session: other.from().session }, fetched({ from: 25, to: 27 }));
  assert.equal(partition.fetchPosition?.offset, 25);
  const ahead = accept(fetched({ from: 25, to: 30 }));
  goOn();
  await Promise.all([reading, ahead]);
  assert.equal(await fetchOffset(), 30);
});
