import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { BufferPool } from '../../../../../apps/service/memory/buffer-pool.ts';
import { ChainWriter } from '../../../../../apps/consumer/chain/chain-writer.ts';
import { Content } from '../../../../../apps/consumer/object/content.ts';
import { LineEncoder } from '../../../../../apps/consumer/object/line-encoder.ts';
import { MemoryAccount } from '../../../../../apps/service/memory/memory-account.ts';
import { BatchRecords } from '../../../../../apps/kafka/records/batch-records.ts';
import { createLog } from '../../../../../apps/service/log.ts';
import { StandInStore } from '../../stand-ins.ts';
import { fetched, foreignSegment, KEYS, range, decide, partitionFixture } from './fixture.ts';

interface Hold {
  readonly isReached: () => boolean;
  readonly goOn: () => void;
  /** Bytes of the pool. */
  readonly memory?: number;
}

/** A store that holds its first write, in whose place a segment of another writer then stands. */
function storeThatAdopts(end: number) {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = async ({ start }) => {
    if (start === 0) await held.promise;
  };
  const adopt = (): void => {
    const foreign = foreignSegment(0, end);
    store.objects.set(foreign.key, foreign);
    held.resolve(undefined);
  };
  return { store, adopt };
}

/** Makes a method return a promise that the test resolves, from the call on for which `applies` says so. */
function hold<Instance extends object>(
  t: TestContext,
  type: { readonly prototype: Instance },
  name: keyof Instance & string,
  applies: (instance: Instance, ...args: unknown[]) => boolean,
): Hold {
  const held = Promise.withResolvers<undefined>();
  const original = type.prototype[name] as (...args: unknown[]) => unknown;
  let isReached = false;
  const replacement = function (this: Instance, ...args: unknown[]): unknown {
    const result = original.apply(this, args);
    if (isReached || !applies(this, ...args)) return result;
    isReached = true;
    return held.promise;
  };
  Object.defineProperty(type.prototype, name, { value: replacement, configurable: true, writable: true });
  t.after(() =>
    Object.defineProperty(type.prototype, name, { value: original, configurable: true, writable: true }),
  );
  return { isReached: () => isReached, goOn: () => held.resolve(undefined) };
}

describe('the position jumps, since another writer was first, while reading waits', () => {
  const waits: Readonly<Record<string, (t: TestContext) => Hold>> = {
    'for the PUT of the segment before': () => ({ isReached: () => true, goOn: () => undefined }),
    'for memory': () => ({ isReached: () => true, goOn: () => undefined, memory: 65 * 1024 }),
    'for a batch that is being decompressed': (t) =>
      hold(t, BatchRecords, 'fill', ({ base }) => base.baseOffset === 10),
    'for the compression of the open segment': (t) =>
      hold(t, Content, 'write', (_content, line) => (line as Buffer).includes('"offset":19,')),
  };
  for (const [what, begin] of Object.entries(waits)) {
    test(`${what}: nothing is lost, stored twice or held`, async (t) => {
      const { store, adopt } = storeThatAdopts(7);
      const { isReached, goOn, memory = 1024 * 1024 } = begin(t);
      const { accept, feed, fetchOffset, until, adopted, partition, buffers } = partitionFixture(t, {
        store,
        memory,
      });
      await fetchOffset();
      const reading = accept(fetched({ from: 0, to: 10 }, { from: 10, to: 35 }));
      await until(isReached);
      adopt();
      await until(() => adopted() === 1);
      assert.notEqual(partition.fetchPosition?.offset, 35);
      goOn();
      await reading;
      assert.equal(await fetchOffset(), 7);
      await feed({ from: 7, to: 27 });
      await until(() => partition.storedEnd === 27);
      assert.deepEqual(store.segments, [
        [0, 7, range(0, 7)],
        [7, 17, range(7, 17)],
        [17, 27, range(17, 27)],
      ]);
      assert.equal(buffers.bytes, 0);
    });
  }
});

describe('the position jumps to the same offset', () => {
  test('after a fetch was sent: what that brings is dropped', async (t) => {
    const { partition, source, store, feed, until, fetchOffset, from, diverged } = partitionFixture(t);
    source.logBounds = { earliest: { offset: 0, leaderEpoch: 0 }, latest: { offset: 20, leaderEpoch: 3 } };
    await feed({ from: 0, to: 10 });
    await until(() => partition.storedEnd === 10);
    await fetchOffset();
    const sent = from();
    decide(store, { accepts: 'truncated-log', at: 10, leaderEpoch: 3 });
    await diverged(6);
    assert.equal(await fetchOffset(), 10);
    await partition.accept(sent, fetched({ from: 10, to: 20 }));
    await partition.diverged(sent, 6);
    await partition.outOfRange(sent);
    assert.equal(from().offset, 10);
    await feed({ from: 10, to: 20, leaderEpoch: 3 });
    await until(() => partition.storedEnd === 20);
    assert.equal(store.objects.get(KEYS.key(10, 20, ''))?.metadata['leader-epoch'], '3');
    assert.equal(partition.stopped, undefined);
  });

  test('while the bounds of the log are asked for: they are asked for again', async (t) => {
    const { store, adopt } = storeThatAdopts(13);
    const { feed, source, until, adopted, fetchOffset, outOfRange, gaps } = partitionFixture(t, { store });
    const asked = Promise.withResolvers<undefined>();
    const bounds = { earliest: { offset: 20, leaderEpoch: 0 }, latest: { offset: 30, leaderEpoch: 0 } };
    source.bounds = async () => {
      await asked.promise;
      return bounds;
    };
    await feed({ from: 0, to: 13 });
    const asking = outOfRange();
    adopt();
    await until(() => adopted() === 1);
    asked.resolve(undefined);
    await asking;
    assert.equal(await fetchOffset(), 13);
    await outOfRange();
    assert.deepEqual(gaps, []);
    await outOfRange();
    assert.deepEqual(gaps, [{ from: 13, to: 20 }]);
  });

  test('and the end is committed: a fetch that was sent before is dropped', async (t) => {
    const { store, adopt } = storeThatAdopts(13);
    const { feed, source, until, fetchOffset, from, partition } = partitionFixture(t, { store });
    await feed({ from: 0, to: 13 });
    const sent = from();
    let accepted: Promise<void> | undefined;
    source.commit = () => {
      accepted ??= partition.accept(sent, fetched({ from: 13, to: 23 }));
    };
    adopt();
    await until(() => accepted !== undefined);
    await accepted;
    assert.equal(await fetchOffset(), 13);
  });
});

test('a session that has ended takes nothing, and the next one begins after what was on its way', async () => {
  const store = new StandInStore();
  const held = Promise.withResolvers<undefined>();
  store.gate = () => held.promise;
  const pool = new MemoryAccount({ bytes: 1024 * 1024 });
  const writer = new ChainWriter({
    store,
    keys: KEYS,
    codec: 'none',
    delivery: 'exactly-once',
    limits: { maxRecords: 10, maxBytes: 1_000_000, maxAgeMs: 3_600_000, maxSpan: 100 },
    memory: { pool, buffers: new BufferPool({ maxBytes: 1_000_000 }) },
    encoder: new LineEncoder(),
    writer: 'me',
    observer: { flushed: () => undefined, stored: () => undefined, adopted: () => undefined },
    log: createLog('test', 'silent'),
    now: () => Date.now(),
    onStored: () => undefined,
    onFailed: (error) => assert.fail(String(error)),
    signal: new AbortController().signal,
  });
  const { session } = writer;
  await session.pass(100, 0);
  await session.pass(130, 0);
  writer.rewind(session);
  assert.equal(writer.session.position.offset, 0);
  assert.equal(session.signal.aborted, true);
  await assert.rejects(session.pass(200, 0), { name: 'AbortError' });
  await assert.rejects(session.skip({ offset: 200, leaderEpoch: 0 }), { name: 'AbortError' });
  assert.throws(() => writer.rewind(session), { name: 'AbortError' });
  held.resolve(undefined);
  await assert.rejects(session.flushed('stop'), { name: 'AbortError' });
  assert.equal(writer.session.position.offset, 100);
  assert.equal(pool.bytes, 0);
});
