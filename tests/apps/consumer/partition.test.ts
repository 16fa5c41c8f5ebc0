import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { BufferPool } from '../../../apps/consumer/buffer-pool.ts';
import { LineEncoder } from '../../../apps/consumer/envelope.ts';
import { linkMetadata, LinkKeys, chainPrefix, type Gap } from '../../../apps/consumer/link.ts';
import { MemoryPool } from '../../../apps/consumer/memory.ts';
import { Partition, type PartitionOptions } from '../../../apps/consumer/partition.ts';
import { printRelease, releaseKey, type Release } from '../../../apps/consumer/releases.ts';
import type { LinkObject } from '../../../apps/consumer/store/store.ts';
import { createLog } from '../../../apps/service/log.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { batch, CHAIN, StandInSource, StandInStore, type BatchOutline } from './stand-ins.ts';

const KEYS = new LinkKeys(chainPrefix('p', CHAIN), 'none', 'exactly-once');

interface Scene {
  readonly store: StandInStore;
  readonly source: StandInSource;
  readonly partition: Partition;
  readonly buffers: MemoryPool;
  readonly gaps: Gap[];
  readonly adopted: () => number;
  /** Gives it what a fetch from its position would bring. */
  readonly feed: (...batches: readonly BatchOutline[]) => Promise<void>;
  /** Where it wants to be fetched from. */
  readonly wanted: () => Promise<number>;
  readonly until: (condition: () => boolean) => Promise<void>;
}

interface Setting extends Partial<Pick<PartitionOptions, 'continues' | 'delivery'>> {
  readonly store?: StandInStore;
  readonly committed?: number;
  readonly limits?: Partial<PartitionOptions['limits']>;
  readonly memory?: number;
}

function scene(t: TestContext, setting: Setting = {}): Scene {
  const { store = new StandInStore(), limits = {}, memory = 1024 * 1024 } = setting;
  const source = new StandInSource();
  source.committedOffset = setting.committed;
  const buffers = new MemoryPool(memory, () => partition.flushForMemory());
  const gaps: Gap[] = [];
  let adopted = 0;
  const partition = new Partition({
    chain: CHAIN,
    store,
    source,
    prefix: 'p',
    codec: 'none',
    delivery: setting.delivery ?? 'exactly-once',
    continues: setting.continues ?? false,
    limits: { maxRecords: 10, maxBytes: 1_000_000, maxAgeMs: 3_600_000, maxSpan: 100, ...limits },
    memory: { pool: buffers, buffers: new BufferPool(1_000_000) },
    encoder: new LineEncoder(),
    maxBatchBytes: 1_000_000,
    writer: 'me',
    observer: {
      flushed: () => undefined,
      stored: () => undefined,
      adopted: () => (adopted += 1),
      gap: (_partition, gap) => gaps.push(gap),
      changed: () => undefined,
    },
    log: createLog('test', 'silent'),
    now: () => performance.now(),
    recheckMs: 20,
  });
  const running = partition.run();
  t.after(async () => {
    await partition.close(false);
    await running;
  });
  const until = (condition: () => boolean): Promise<void> =>
    waitUntil(condition, { what: 'as the test asks', deadlineMs: 5000, everyMs: 1 }).then(() => undefined);
  return {
    store,
    source,
    partition,
    buffers,
    gaps,
    adopted: () => adopted,
    until,
    feed: async (...batches) => {
      await until(() => partition.wanted !== undefined);
      await partition.accept({ log: Buffer.concat(batches.map(batch)), aborted: [] });
    },
    wanted: async () => {
      await until(() => partition.wanted !== undefined);
      return partition.wanted?.offset ?? -1;
    },
  };
}

/** A link of another writer, with one record an offset. */
function foreignLink(
  start: number,
  end: number,
  metadata: Readonly<Record<string, string>> = {},
): LinkObject {
  const summary = {
    start,
    end,
    count: end - start,
    first: undefined,
    last: undefined,
    gap: undefined,
    leaderEpoch: 0,
  };
  const lines = Array.from({ length: end - start }, (_, index) => `{"offset":${start + index}}\n`);
  return {
    key: KEYS.key(start, end, 'other'),
    start,
    body: [Buffer.from(lines.join(''))],
    metadata: { ...linkMetadata(summary, 'other'), ...metadata },
    contentType: '',
  };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

function release(store: StandInStore, content: Release): void {
  store.files.set(releaseKey('p', CHAIN, content.at), printRelease(content));
}

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

  test('at the commit where the chain is empty and its prefix continues another', async (t) => {
    const { wanted, feed, store, until } = scene(t, { committed: 17, continues: true });
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
  assert.equal(partition.wanted, undefined);
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
    assert.equal(partition.wanted, undefined);
    assert.deepEqual(source.commits, []);
    release(store, { accepts: 'bad-link', at: 0, end: 7 });
    assert.equal(await wanted(), 7);
  });
});

describe('an offset that is out of range', () => {
  test('is a gap where the log begins later, and the next link says so', async (t) => {
    const { partition, source, feed, store, gaps, until, wanted } = scene(t, { limits: { maxAgeMs: 30 } });
    await feed({ from: 0, to: 3 });
    source.logBounds = { earliest: { offset: 8, leaderEpoch: 2 }, latest: { offset: 20, leaderEpoch: 2 } };
    await wanted();
    await partition.outOfRange();
    assert.deepEqual(gaps, []);
    await partition.outOfRange();
    assert.equal(await wanted(), 8);
    assert.equal(partition.wanted?.leaderEpoch, 2);
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
    const { partition, source, store, gaps, until } = scene(t, { limits: { maxAgeMs: 60 } });
    for (const offset of [8, 15]) {
      source.logBounds = { earliest: { offset, leaderEpoch: 0 }, latest: { offset: 20, leaderEpoch: 0 } };
      await until(() => partition.wanted !== undefined);
      await partition.outOfRange();
      await partition.outOfRange();
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
    const { partition, source, feed, gaps, wanted } = scene(t);
    source.logBounds = { earliest: { offset: 8, leaderEpoch: 0 }, latest: { offset: 20, leaderEpoch: 0 } };
    await wanted();
    await partition.outOfRange();
    await feed({ from: 0, to: 1 });
    await partition.outOfRange();
    assert.deepEqual(gaps, []);
    assert.equal(await wanted(), 1);
  });

  test('stops the partition where the log ends before the chain', async (t) => {
    const store = new StandInStore();
    const link = foreignLink(0, 10);
    store.objects.set(link.key, link);
    const { partition, source, until, wanted, gaps } = scene(t, { store });
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 4, leaderEpoch: 1 } };
    await wanted();
    await partition.outOfRange();
    await partition.outOfRange();
    await until(() => partition.stopped?.reason === 'truncated-log');
    assert.deepEqual(gaps, []);
  });
});

describe('a log that was truncated and grew again', () => {
  test('under what was read and not stored: it is read again from the end of the chain', async (t) => {
    const { partition, feed, store, until, wanted } = scene(t);
    await feed({ from: 0, to: 13 });
    await until(() => store.objects.size === 1);
    await partition.diverged(11);
    assert.equal(await wanted(), 10);
    await feed({ from: 10, to: 20, leaderEpoch: 1 });
    await until(() => store.objects.size === 2);
    assert.deepEqual(store.links[1], [10, 20, range(10, 20)]);
  });

  test('under what is stored: the partition stops by name, until a release accepts it', async (t) => {
    const { partition, source, feed, store, until, wanted } = scene(t);
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 15, leaderEpoch: 3 } };
    await feed({ from: 0, to: 10 });
    await until(() => partition.storedEnd === 10);
    await wanted();
    await partition.diverged(6);
    await until(() => partition.stopped !== undefined);
    assert.match(
      partition.stopped?.message ?? '',
      /^truncated-log at offset 10: the chain ends there in epoch 0, but the log left that epoch at 6/,
    );
    assert.equal(partition.stopped?.release, '--accept truncated-log --at 10 --leader-epoch 3');
    assert.equal(partition.wanted, undefined);
    release(store, { accepts: 'truncated-log', at: 10, leaderEpoch: 3 });
    // Looked at again, the log is still another one; what a release accepts is the epoch that it has now.
    await wanted();
    await partition.diverged(6);
    assert.equal(await wanted(), 10);
    await feed({ from: 10, to: 20, leaderEpoch: 3 });
    await until(() => partition.storedEnd === 20);
    assert.equal(partition.stopped, undefined);
    await wanted();
    await partition.diverged(15);
    await until(() => partition.stopped?.at === 20);
  });
});

test('a batch that cannot be read stops the partition after what stands before it; a release makes it a gap', async (t) => {
  const { partition, store, until, wanted } = scene(t);
  const corrupt = batch({ from: 12, to: 15 });
  corrupt[corrupt.length - 1] = 0x7f;
  const log = Buffer.concat([batch({ from: 0, to: 12 }), corrupt, batch({ from: 15, to: 20 })]);
  await wanted();
  await partition.accept({ log, aborted: [] });
  await until(() => partition.stopped !== undefined);
  assert.deepEqual([partition.stopped?.reason, partition.stopped?.at], ['unreadable-batch', 12]);
  release(store, { accepts: 'unreadable-batch', at: 12, end: 15 });
  for (let fetched = await wanted(); fetched < 20; fetched = await wanted()) {
    const rest = fetched < 15 ? [batch({ from: fetched, to: 12 }), corrupt] : [batch({ from: 15, to: 25 })];
    await partition.accept({ log: Buffer.concat(rest), aborted: [] });
  }
  await until(() => store.links.at(-1)?.[1] === 25);
  assert.deepEqual(store.links, [
    [0, 10, range(0, 10)],
    [10, 12, [10, 11]],
    [12, 25, range(15, 25)],
  ]);
  assert.equal(store.objects.get(KEYS.key(12, 25, ''))?.metadata['gap'], '12-15');
});

test('closing abandons what is buffered whole, and finishes what is being stored if it may', async (t) => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = () => held.promise;
  const { feed, partition, buffers, source } = scene(t, { store });
  await feed({ from: 0, to: 13 });
  const closing = partition.close(true);
  held.resolve(undefined);
  await closing;
  assert.deepEqual(store.links, [[0, 10, range(0, 10)]]);
  assert.deepEqual(
    source.commits.map(({ offset }) => offset),
    [10],
  );
  assert.equal(buffers.used, 0);
});

test('a partition that is taken away commits nothing any more and holds no memory', async (t) => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = () => held.promise;
  const { feed, partition, buffers, source } = scene(t, { store });
  await feed({ from: 0, to: 13 });
  const closing = partition.close(false);
  held.resolve(undefined);
  await closing;
  assert.deepEqual(source.commits, []);
  assert.equal(buffers.used, 0);
});
