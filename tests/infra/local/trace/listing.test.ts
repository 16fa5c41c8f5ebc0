import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listChains,
  listFrom,
  listRecent,
  type List,
  type ListedObject,
} from '../../../../infra/local/trace/listing.ts';

const FOLDER = 'events/uploads/AAAAAAAAAAAAAAAAAAAAAA/0/';

/** A bucket that lists as S3 does, and counts its requests. */
function bucket(objects: readonly ListedObject[]): { list: List; requests: () => number } {
  const sorted = objects.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  let requests = 0;
  const list: List = ({ prefix, after = '', limit = 1000, delimiter }) => {
    requests += 1;
    const found = sorted.filter(({ key }) => key.startsWith(prefix) && key > after);
    if (delimiter === undefined) {
      return Promise.resolve({ objects: found.slice(0, limit), folders: [], isLast: found.length <= limit });
    }
    const all = [...new Set(found.map(({ key }) => key.slice(0, key.indexOf('/', prefix.length) + 1)))];
    const folders = all.filter((folder) => folder !== '').slice(0, limit);
    return Promise.resolve({ objects: [], folders, isLast: all.length <= limit });
  };
  return { list, requests: () => requests };
}

/** One segment of `span` offsets a second, from second 0 on. */
function chain(count: number, span: number): ListedObject[] {
  return Array.from({ length: count }, (_, second) => ({
    key: `${FOLDER}${String(second * span).padStart(20, '0')}.ndjson.gz`,
    storedAt: second * 1000,
  }));
}

const starts = (segments: readonly { readonly start: number }[]): number[] =>
  segments.map(({ start }) => start);

test('lists what was stored at a time or later, and the one before', async () => {
  const { list } = bucket(chain(10, 100));
  const { before, segments } = await listRecent(list, FOLDER, 7000);
  assert.deepEqual(starts(segments), [700, 800, 900]);
  assert.equal(before?.start, 600);
  assert.equal((await listRecent(list, FOLDER, 0)).before, undefined);
  assert.deepEqual(starts((await listRecent(list, FOLDER, 99_000)).segments), []);
  assert.equal((await listRecent(list, FOLDER, 99_000)).before?.start, 900);
  assert.deepEqual(await listRecent(list, 'events/uploads/BBBBBBBBBBBBBBBBBBBBBB/0/', 0), {
    before: undefined,
    segments: [],
  });
});

test('finds the last minutes of a chain of 100,000 objects without listing it', async () => {
  const { list, requests } = bucket(chain(100_000, 10_000));
  const { before, segments } = await listRecent(list, FOLDER, 99_900_000);
  assert.equal(segments.length, 100);
  assert.equal(segments[0]?.start, 99_900 * 10_000);
  assert.equal(before?.start, 99_899 * 10_000);
  assert.ok(requests() < 60, `${requests()} requests`);
});

test('lists all pages of a long time', async () => {
  const { list } = bucket(chain(3500, 7));
  assert.equal((await listRecent(list, FOLDER, 500_000)).segments.length, 3000);
});

test('lists the segments that start at an offset or after it', async () => {
  const { list } = bucket(chain(10, 100));
  assert.deepEqual(starts(await listFrom(list, FOLDER, 800)), [800, 900]);
  assert.deepEqual(starts(await listFrom(list, FOLDER, 801)), [900]);
});

test('finds every chain of a topic: all partitions of all its topic ids, and no other topic', async () => {
  const partitions = Array.from({ length: 1200 }, (_, partition) => partition);
  const key = (topic: string, topicId: string, partition: number): string =>
    `events/${topic}/${topicId.repeat(22)}/${partition}/${'0'.repeat(20)}.ndjson.gz`;
  const { list } = bucket(
    [
      'events/_layout.json',
      key('uploads', 'A', 7),
      ...partitions.map((partition) => key('uploads', 'B', partition)),
      key('uploads-2', 'C', 0),
    ].map((name) => ({ key: name, storedAt: 0 })),
  );
  const chains = await listChains(list, 'events', 'uploads');
  assert.equal(chains.length, 1201);
  assert.deepEqual(
    chains.filter(({ partition }) => partition === 7).map(({ folder }) => folder),
    [`events/uploads/${'A'.repeat(22)}/7/`, `events/uploads/${'B'.repeat(22)}/7/`],
  );
});
