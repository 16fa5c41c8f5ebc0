import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import test from 'node:test';
import { createLog } from '../../../../apps/service/log.ts';
import type { SourceSettings } from '../../../../apps/producer/sources/settings.ts';
import { Sender } from '../../../../apps/producer/sources/sender.ts';
import { Sources } from '../../../../apps/producer/sources/sources.ts';
import { KeyFiles, lineOf } from './files.ts';

function open(settings: SourceSettings) {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const log = createLog('producer', 'info', { write: (line) => void lines.push(line) });
  const sources = new Sources(settings, { log, now: () => clock.ms });
  const find = (key?: string, named?: string) => {
    const found = sources.find(key, named);
    return found instanceof Sender ? found.source.name : found;
  };
  const state = (name: string) => sources.states.find((candidate) => candidate.name === name);
  return { sources, find, state, lines, clock };
}

test('a key finds its source, several keys the same', async (t) => {
  const files = await KeyFiles.create(t);
  const { find } = open({
    web: { who: 'keys', keysFile: await files.put('web', 'old', 'new') },
    app: { who: 'keys', keysFile: await files.put('app', 'other') },
  });
  assert.deepEqual([find('old'), find('new'), find('other')], ['web', 'web', 'app']);
  assert.deepEqual([find('wrong'), find(''), find()], ['invalid-key', 'invalid-key', 'missing-key']);
  assert.deepEqual(
    [find('old', 'web'), find('old', 'app'), find('old', 'none')],
    ['web', 'wrong-source', 'wrong-source'],
  );
});

test('an open source takes what has no key, and no wrong key', async (t) => {
  const files = await KeyFiles.create(t);
  const { find } = open({
    page: { who: 'open', reason: 'a test' },
    app: { who: 'keys', keysFile: await files.put('app', 'key') },
  });
  assert.deepEqual(
    [find(), find(undefined, 'page'), find(undefined, 'app')],
    ['page', 'page', 'missing-key'],
  );
  assert.deepEqual([find('key'), find('key', 'page'), find('wrong')], ['app', 'wrong-source', 'invalid-key']);
});

test('only open sources without limits are free', () => {
  const limits = { requestsPerSecond: 1, burstSeconds: 1 };
  assert.equal(Sources.isFree({ page: { who: 'open', reason: 'a test' } }), true);
  assert.equal(Sources.isFree({ page: { who: 'open', reason: 'a test', limits } }), false);
  assert.equal(Sources.isFree({ web: { who: 'keys', keysFile: '' } }), false);
});

test('a changed file counts at the next look: a new key is valid, a removed one is not', async (t) => {
  const files = await KeyFiles.create(t);
  const { sources, find, state, lines } = open({
    web: { who: 'keys', keysFile: await files.put('web', 'old') },
  });
  await files.put('web', 'old', 'new');
  sources.reload();
  assert.deepEqual([find('old'), find('new')], ['web', 'web']);
  await files.put('web', 'new');
  sources.reload();
  assert.deepEqual([find('old'), find('new'), state('web')?.keys], ['invalid-key', 'web', 1]);
  await files.write('web', '# none\n');
  sources.reload();
  assert.deepEqual([find('new'), state('web')?.keys], ['invalid-key', 0]);
  assert.equal(lines.length, 3);
});

for (const [name, damage] of Object.entries({
  'an empty file': (files: KeyFiles) => files.write('web', ''),
  'a broken line': (files: KeyFiles) => files.write('web', `${lineOf('new')}key\n`),
  'no file': (files: KeyFiles) => rm(files.path('web')),
  'a key of another source': (files: KeyFiles) => files.put('web', 'key', 'other'),
})) {
  test(`${name} while running: the keys from before stay, the log says why once, the state is broken`, async (t) => {
    const files = await KeyFiles.create(t);
    const { sources, find, state, lines } = open({
      web: { who: 'keys', keysFile: await files.put('web', 'key') },
      app: { who: 'keys', keysFile: await files.put('app', 'other') },
    });
    await damage(files);
    sources.reload();
    sources.reload();
    assert.deepEqual([find('key'), find('new'), find('other')], ['web', 'invalid-key', 'app']);
    assert.deepEqual([state('web')?.broken, state('app')?.broken], [true, false]);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /"level":"error".*"msg":"file of keys .*: the keys from before stay valid/);
    assert.doesNotMatch(lines[0] ?? '', /[\da-f]{64}/);
    await files.put('web', 'key');
    sources.reload();
    assert.equal(state('web')?.broken, false);
    assert.match(lines[1] ?? '', /"level":"info".*"msg":"file of keys is valid again"/);
  });
}

test('keys share the limits of their source, and each has its own', async (t) => {
  const files = await KeyFiles.create(t);
  const { sources, state, clock } = open({
    web: {
      who: 'keys',
      keysFile: await files.put('web', 'a', 'b'),
      limits: { bytesPerSecond: 100, burstSeconds: 1 },
      limitsPerKey: { requestsPerSecond: 2, burstSeconds: 1 },
    },
  });
  const sender = (key: string): Sender => {
    const found = sources.find(key, undefined);
    assert.ok(found instanceof Sender);
    return found;
  };
  const [a, b] = [sender('a'), sender('b')];
  assert.deepEqual([a.take(1, 1, 30), a.take(1, 1, 30), a.take(1, 1, 30)], [0, 0, 500]);
  assert.deepEqual([b.take(1, 1, 50), b.take(1, 1, 30)], [100, 0]);
  clock.ms = 500;
  assert.deepEqual([b.take(1, 1, 60), a.take(1, 1, 60)], [0, 600]);
  clock.ms = 1_100;
  // The refusals charged nothing.
  assert.equal(a.take(1, 1, 60), 0);
  assert.deepEqual([state('web')?.events, state('web')?.bytes, state('web')?.overQuota], [5, 210, 3]);
});

test('a key that stays in a changed file keeps what it has spent', async (t) => {
  const files = await KeyFiles.create(t);
  const { sources } = open({
    web: {
      who: 'keys',
      keysFile: await files.put('web', 'a'),
      limitsPerKey: { requestsPerSecond: 1, burstSeconds: 1 },
    },
  });
  const take = (key: string) => {
    const found = sources.find(key, undefined);
    return found instanceof Sender ? found.take(1, 0, 0) : found;
  };
  assert.equal(take('a'), 0);
  await files.put('web', 'a', 'b');
  sources.reload();
  assert.deepEqual([take('a'), take('b')], [1_000, 0]);
});
