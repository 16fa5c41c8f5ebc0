import assert from 'node:assert/strict';
import { test } from 'node:test';
import { walkChain, type ChainStore } from '../../../../apps/consumer/chain/walk-chain.ts';
import {
  BadSegmentError,
  SegmentKeys,
  segmentMetadata,
  type Delivery,
} from '../../../../apps/consumer/object/segment.ts';

type Metadata = Readonly<Record<string, string>>;

const FOLDER = 'events/t/UMHnOHZ4RxCQCfi4OjdJ3Q/0/';
const { signal } = new AbortController();

/** A store in memory, with what was asked of it. */
class StandInStore implements ChainStore {
  readonly objects = new Map<string, Metadata>();
  readonly listedFrom: string[] = [];

  async *list(prefix: string, startAfter: string): AsyncGenerator<string> {
    this.listedFrom.push(startAfter.slice(prefix.length));
    await Promise.resolve();
    for (const key of [...this.objects.keys()].sort())
      if (key.startsWith(prefix) && key > startAfter) yield key;
  }

  head(key: string): Promise<Metadata | undefined> {
    return Promise.resolve(this.objects.get(key));
  }
}

function chainOf(
  segments: readonly (readonly [number, number])[],
  delivery: Delivery = 'exactly-once',
): StandInStore {
  const store = new StandInStore();
  const keys = new SegmentKeys(FOLDER, 'gzip', delivery);
  for (const [start, end] of segments) {
    const segment = {
      start,
      end,
      count: 0,
      first: undefined,
      last: undefined,
      gap: undefined,
      leaderEpoch: start,
    };
    store.objects.set(keys.key(start, end, 'w'), segmentMetadata(segment, 'w'));
  }
  return store;
}

async function endOf(
  store: StandInStore,
  committed: number | undefined,
  { maxSpan = 20, delivery = 'exactly-once' }: { maxSpan?: number; delivery?: Delivery } = {},
): Promise<number | undefined> {
  const keys = new SegmentKeys(FOLDER, 'gzip', delivery);
  return (await walkChain({ store, keys, committed, maxSpan, signal }))?.end;
}

const whole = [
  [0, 10],
  [10, 30],
  [30, 35],
  [35, 55],
] as const;

test('the end of the last segment is found wherever the commit stands', async () => {
  for (const committed of [undefined, 0, 3, 10, 34, 35, 54, 55, 75, 76, 1000]) {
    assert.equal(await endOf(chainOf(whole), committed), 55, `committed ${committed}`);
  }
});

test('only segments that can reach the commit are listed', async () => {
  const store = chainOf(whole);
  await endOf(store, 55);
  assert.deepEqual(store.listedFrom, ['00000000000000000035']);
});

test('a segment that starts exactly where listing begins is found', async () => {
  assert.equal(await endOf(chainOf([[0, 20]]), 20), 20);
  assert.equal(
    await endOf(
      chainOf([
        [0, 20],
        [20, 40],
      ]),
      40,
    ),
    40,
  );
});

test('a commit far ahead of the chain, or after a long gap, makes the whole chain be listed', async () => {
  const store = chainOf([[0, 5000]]);
  assert.equal(await endOf(store, 5000), 5000);
  assert.deepEqual(store.listedFrom, ['00000000000000004980', '00000000000000000000']);
});

test('an empty chain has no end, whatever was committed', async () => {
  assert.equal(await endOf(new StandInStore(), 17), undefined);
});

test('a segment that is deleted between the list and the look makes the one before it the last', async () => {
  const store = chainOf(whole);
  const last = [...store.objects.keys()].at(-1) ?? '';
  store.head = (key) => {
    if (key === last) store.objects.delete(key);
    return Promise.resolve(store.objects.get(key));
  };
  assert.equal(await endOf(store, 55), 35);
});

for (const end of [undefined, '', '30', '35', '-1', '1e3', '55.5', '0x37']) {
  test(`a last segment whose end is ${end ?? 'missing'} is an error that names it`, async () => {
    const store = chainOf(whole);
    const last = [...store.objects.keys()].at(-1) ?? '';
    store.objects.set(last, end === undefined ? {} : { end });
    await assert.rejects(endOf(store, 55), (error) => {
      assert.ok(error instanceof BadSegmentError);
      assert.equal(error.start, 35);
      assert.ok(error.message.startsWith(`${last}: its metadata has`));
      return true;
    });
  });
}

test('other objects beside the segments are passed over, a segment of another layout is not', async () => {
  const store = chainOf(whole);
  store.objects.set(`${FOLDER}readme.txt`, {});
  assert.equal(await endOf(store, 55), 55);
  store.objects.set(`${FOLDER}00000000000000000055.ndjson`, { end: '60' });
  await assert.rejects(endOf(store, 55), BadSegmentError);
});

test('where segments may overlap, the one that ends last counts, with its epoch', async () => {
  const store = chainOf(
    [
      [0, 100],
      [40, 60],
    ],
    'at-least-once',
  );
  const keys = new SegmentKeys(FOLDER, 'gzip', 'at-least-once');
  const last = await walkChain({ store, keys, committed: undefined, maxSpan: 200, signal });
  assert.deepEqual([last?.end, last?.leaderEpoch], [100, 0]);
});
