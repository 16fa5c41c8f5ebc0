import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Cache } from '../../../infra/local/cache.ts';
import { Toolchain } from '../../../infra/local/toolchain.ts';

/**
 * A repository with one jar set, and a `mvn` that resolves it to the given jars and counts its runs. Jars that are
 * not what `jars.sha256` says are what a tampered registry would serve.
 */
function setUp(t: TestContext, resolved: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-toolchain-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  write('images/zookeeper/pom.xml', '<project/>');
  write(
    'images/zookeeper/jars.sha256',
    `${hash('sha256', 'good')}  a.jar\n${hash('sha256', 'fine')}  b.jar\n`,
  );
  const copies = Object.entries(resolved).map(([name, text]) => `printf '${text}' > "$out/${name}"`);
  write(
    'bin/mvn',
    ['#!/bin/sh', 'out=${6#-DoutputDirectory=}', `echo run >> ${directory}/runs`, ...copies].join('\n'),
  );
  chmodSync(join(directory, 'bin/mvn'), 0o755);
  const cache = join(directory, 'cache');
  const toolchain = new Toolchain({
    host: {
      ...process,
      env: { PATH: `${directory}/bin:${process.env['PATH'] ?? ''}` },
      kill: () => undefined,
    },
    cache: new Cache(cache),
    images: join(directory, 'images'),
  });
  return {
    toolchain,
    cached: () => (existsSync(cache) ? readdirSync(cache) : []),
    cache,
    runs: () => readFileSync(join(directory, 'runs'), 'utf8').trim().split('\n').length,
  };
}

const good = { 'a.jar': 'good', 'b.jar': 'fine' };

test('jars are fetched once and then taken from the cache', async (t) => {
  const { toolchain, runs } = setUp(t, good);
  assert.equal(await toolchain.hasJars('zookeeper'), false);
  const { classPath } = await toolchain.javaServer('zookeeper');
  assert.equal(await toolchain.hasJars('zookeeper'), true);
  assert.equal((await toolchain.javaServer('zookeeper')).classPath, classPath);
  assert.equal(runs(), 1);
});

for (const [what, resolved, message] of [
  [
    'has another content',
    { ...good, 'b.jar': 'evil' },
    /b\.jar has sha256 [\da-f]{64}, expected [\da-f]{64}/,
  ],
  ['is missing', { 'a.jar': 'good' }, /b\.jar is missing/],
  ['is not listed', { ...good, 'c.jar': 'new' }, /c\.jar is not listed/],
] as const) {
  test(`a jar that ${what} is named, and nothing is kept`, async (t) => {
    const { toolchain, cached } = setUp(t, resolved);
    await assert.rejects(toolchain.javaServer('zookeeper'), message);
    assert.deepEqual(cached(), []);
  });
}

test('a cached jar that was damaged since is fetched again', async (t) => {
  const { toolchain, cache, cached, runs } = setUp(t, good);
  await toolchain.javaServer('zookeeper');
  const [entry = ''] = cached();
  writeFileSync(join(cache, entry, 'a.jar'), 'damaged');
  await toolchain.javaServer('zookeeper');
  assert.equal(readFileSync(join(cache, entry, 'a.jar'), 'utf8'), 'good');
  assert.equal(runs(), 2);
});

test('what a killed run has left half-written is never used', async (t) => {
  const { toolchain, cache, runs } = setUp(t, good);
  mkdirSync(join(cache, '.unfinished-abcdef'), { recursive: true });
  writeFileSync(join(cache, '.unfinished-abcdef', 'a.jar'), 'go');
  assert.equal(await toolchain.hasJars('zookeeper'), false);
  await toolchain.javaServer('zookeeper');
  assert.equal(runs(), 1);
  // Another process may still be making it.
  assert(existsSync(join(cache, '.unfinished-abcdef')));
});

test('what a killed run has left half-written is removed after a day', async (t) => {
  const { toolchain, cache } = setUp(t, good);
  const abandoned = join(cache, '.unfinished-abcdef');
  mkdirSync(abandoned, { recursive: true });
  const longAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(abandoned, longAgo, longAgo);
  await toolchain.javaServer('zookeeper');
  assert(!existsSync(abandoned));
});

test('two that fetch at the same time both get a whole set', async (t) => {
  const { toolchain, cached } = setUp(t, good);
  const [one, other] = await Promise.all([
    toolchain.javaServer('zookeeper'),
    toolchain.javaServer('zookeeper'),
  ]);
  assert.deepEqual(one, other);
  assert.equal(cached().length, 1);
});
