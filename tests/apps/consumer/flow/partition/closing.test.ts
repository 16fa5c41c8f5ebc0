import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StandInStore } from '../../stand-ins.ts';
import { range, partitionFixture } from './fixture.ts';

test('closing abandons what is buffered whole, and finishes what is being stored if it may', async (t) => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = () => held.promise;
  const { feed, partition, buffers, source } = partitionFixture(t, { store });
  await feed({ from: 0, to: 13 });
  const closing = partition.close(true);
  held.resolve(undefined);
  await closing;
  assert.deepEqual(store.segments, [[0, 10, range(0, 10)]]);
  assert.deepEqual(
    source.commits.map(({ offset }) => offset),
    [10],
  );
  assert.equal(buffers.bytes, 0);
});

test('a partition that is taken away commits nothing any more and holds no memory', async (t) => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = () => held.promise;
  const { feed, partition, buffers, source } = partitionFixture(t, { store });
  await feed({ from: 0, to: 13 });
  const closing = partition.close(false);
  held.resolve(undefined);
  await closing;
  assert.deepEqual(source.commits, []);
  assert.equal(buffers.bytes, 0);
});
