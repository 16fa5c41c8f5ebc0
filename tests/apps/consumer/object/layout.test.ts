import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Continued } from '../../../../apps/consumer/object/layout.ts';
import {
  agreeOnLayout,
  LayoutError,
  printLayout,
  type Layout,
  type LayoutStore,
} from '../../../../apps/consumer/object/layout.ts';

const { signal } = new AbortController();
const gzip: Layout = { codec: 'gzip', delivery: 'exactly-once', continues: undefined };

/** Stands in for a store, in memory. */
class StandInStore implements LayoutStore {
  readonly files = new Map<string, Buffer>();
  readonly honoursConditions: boolean;
  conditionalWrites = 0;

  constructor({ honoursConditions = true }: { honoursConditions?: boolean } = {}) {
    this.honoursConditions = honoursConditions;
  }

  get(key: string): Promise<{ readonly body: Buffer } | undefined> {
    const body = this.files.get(key);
    return Promise.resolve(body && { body });
  }

  async putIfAbsent(key: string, body: Buffer): Promise<boolean> {
    this.conditionalWrites += 1;
    if (this.honoursConditions && this.files.has(key)) return false;
    await this.replace(key, body);
    return true;
  }

  replace(key: string, body: Buffer): Promise<void> {
    this.files.set(key, body);
    return Promise.resolve();
  }
}

const agree = (store: StandInStore, layout: Layout, prefix = 'events'): Promise<Continued | undefined> =>
  agreeOnLayout(store, prefix, layout, signal);

test('the layout is made once, and a consumer with the same one is welcome', async () => {
  const store = new StandInStore();
  await agree(store, gzip);
  assert.equal(
    String(store.files.get('events/_layout.json')),
    '{"format":"ndjson","codec":"gzip","version":1}',
  );
  await agree(store, gzip);
  store.files.set('older/_layout.json', printLayout({ ...gzip, codec: 'none' }));
  await agree(store, { ...gzip, continues: 'older' }, '');
  assert.equal(
    String(store.files.get('_layout.json')),
    '{"format":"ndjson","codec":"gzip","version":1,"continues":"older"}',
  );
});

for (const [name, other, message] of [
  ['codec', { ...gzip, codec: 'zstd' }, /codec must be what the prefix was made with, "gzip", got "zstd"/],
  [
    'delivery',
    { ...gzip, delivery: 'at-least-once' },
    /delivery must be .*"exactly-once", got "at-least-once"/,
  ],
  ['prefix to continue', { ...gzip, continues: 'old' }, /continues must be .* nothing, got "old"/],
] as const) {
  test(`a consumer of another ${name} is refused, and the layout stays`, async () => {
    const store = new StandInStore();
    await agree(store, gzip);
    const before = store.files.get('events/_layout.json');
    await assert.rejects(agree(store, other), (error) => {
      assert.ok(error instanceof LayoutError);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(store.files.get('events/_layout.json'), before);
  });
}

test('what is no layout, or one of another format or version, is refused', async () => {
  for (const text of [
    '',
    'null',
    '[]',
    '{',
    '{"format":"parquet","codec":"gzip","version":1}',
    '{"format":"ndjson","codec":"gzip","version":2}',
  ]) {
    const store = new StandInStore();
    await store.replace('events/_layout.json', Buffer.from(text));
    await assert.rejects(agree(store, gzip), LayoutError, text);
  }
});

test('of two consumers that make it at the same time, one wins and the other compares', async () => {
  const store = new StandInStore();
  const results = await Promise.allSettled([agree(store, gzip), agree(store, { ...gzip, codec: 'none' })]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a store that replaces an object though told not to is refused, unless delivery is at-least-once', async () => {
  const store = new StandInStore({ honoursConditions: false });
  await assert.rejects(agree(store, gzip), /told not to \(If-None-Match: \*\).*only DELIVERY=at-least-once/);
  const weak = new StandInStore({ honoursConditions: false });
  await agree(weak, { ...gzip, delivery: 'at-least-once' });
  assert.equal(weak.conditionalWrites, 0);
  assert.match(String(weak.files.get('events/_layout.json')), /"delivery":"at-least-once"/);
});

test('a prefix that continues another says how the other is laid out, and refuses one that is not there', async () => {
  const store = new StandInStore();
  const continuing: Layout = { codec: 'zstd', delivery: 'exactly-once', continues: 'older' };
  await assert.rejects(agree(store, continuing), {
    name: 'LayoutError',
    message:
      'STORE_CONTINUES must be the prefix of earlier objects, got "older": older/_layout.json is not there',
  });
  assert.equal(store.files.size, 0);
  const older: Layout = { codec: 'none', delivery: 'at-least-once', continues: undefined };
  store.files.set('older/_layout.json', printLayout(older));
  assert.deepEqual(await agree(store, continuing), { prefix: 'older', layout: older });
  // Expired: what was to be continued has been.
  store.files.delete('older/_layout.json');
  assert.deepEqual(await agree(store, continuing), { prefix: 'older', layout: undefined });
  store.files.set('older/_layout.json', Buffer.from('{"codec":"brotli"}'));
  await assert.rejects(agree(store, continuing), /older\/_layout\.json: must be the layout of its prefix/);
});
