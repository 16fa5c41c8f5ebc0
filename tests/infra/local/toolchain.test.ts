import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
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
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Cache } from '../../../infra/local/cache.ts';
import { fetchJars } from '../../../infra/local/maven-jars.ts';
import { Toolchain } from '../../../infra/local/toolchain.ts';

interface Served {
  /** What the repository has, by name. Jars that are not what `jars.sha256` says are what a tampered one would serve. */
  readonly jars: Readonly<Record<string, string>>;
  /** How many requests it answers with 503 first. @default 0 */
  readonly failures?: number;
  /** Whether the user has settings of Maven. @default false */
  readonly settings?: boolean;
}

/**
 * A checkout with one jar set, a Maven repository, and a `mvn` that has all of the repository's jars and counts its runs.
 */
async function setUp(t: TestContext, { jars, failures = 0, settings = false }: Served) {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-toolchain-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  write('images/zookeeper/pom.xml', '<project/>');
  write(
    'images/zookeeper/jars.sha256',
    `${hash('sha256', 'good')}  org/example/a/1/a.jar\n${hash('sha256', 'fine')}  org/example/b/1/b.jar\n`,
  );
  const copies = Object.entries(jars).map(([name, text]) => `printf '${text}' > "$out/${name}"`);
  write(
    'bin/mvn',
    ['#!/bin/sh', 'out=${6#-DoutputDirectory=}', `echo run >> ${directory}/runs`, ...copies].join('\n'),
  );
  chmodSync(join(directory, 'bin/mvn'), 0o755);
  if (settings) write('home/.m2/settings.xml', '<settings/>');

  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const name = /^\/maven2\/org\/example\/\w\/1\/(\w\.jar)$/.exec(url)?.[1] ?? '';
    const text = jars[name];
    response.statusCode = asked.length <= failures ? 503 : text === undefined ? 404 : 200;
    response.end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;

  const cache = join(directory, 'cache');
  const toolchain = new Toolchain({
    host: {
      ...process,
      env: { PATH: `${directory}/bin:${process.env['PATH'] ?? ''}`, HOME: join(directory, 'home') },
      kill: () => undefined,
    },
    cache: new Cache(cache),
    images: join(directory, 'images'),
    repository: `http://127.0.0.1:${port}/maven2/`,
  });
  return {
    toolchain,
    asked,
    cached: () => (existsSync(cache) ? readdirSync(cache) : []),
    cache,
    runs: () => readFileSync(join(directory, 'runs'), 'utf8').trim().split('\n').length,
  };
}

const good = { 'a.jar': 'good', 'b.jar': 'fine' };

test('jars are fetched once and then taken from the cache', async (t) => {
  const { toolchain, asked } = await setUp(t, { jars: good });
  assert.equal(await toolchain.hasJars('zookeeper'), false);
  const { classPath } = await toolchain.javaServer('zookeeper');
  assert.equal(await toolchain.hasJars('zookeeper'), true);
  assert.equal((await toolchain.javaServer('zookeeper')).classPath, classPath);
  assert.deepEqual(asked.sort(), ['/maven2/org/example/a/1/a.jar', '/maven2/org/example/b/1/b.jar']);
});

test('where the user has settings of Maven, Maven fetches them', async (t) => {
  const { toolchain, asked, runs } = await setUp(t, { jars: good, settings: true });
  await toolchain.javaServer('zookeeper');
  await toolchain.javaServer('zookeeper');
  assert.equal(runs(), 1);
  assert.deepEqual(asked, []);
});

for (const [what, served, message] of [
  [
    'has another content',
    { jars: { ...good, 'b.jar': 'evil' } },
    /b\.jar has sha256 [\da-f]{64}, expected [\da-f]{64}/,
  ],
  ['is missing', { jars: { 'a.jar': 'good' }, settings: true }, /b\.jar is missing/],
  ['is not listed', { jars: { ...good, 'c.jar': 'new' }, settings: true }, /c\.jar is not listed/],
] as const) {
  test(`a jar that ${what} is named, and nothing is kept`, async (t) => {
    const { toolchain, cached } = await setUp(t, served);
    await assert.rejects(toolchain.javaServer('zookeeper'), message);
    assert.deepEqual(cached(), []);
  });
}

test('a repository that fails is asked again', async (t) => {
  const { toolchain, asked } = await setUp(t, { jars: good, failures: 1 });
  await toolchain.javaServer('zookeeper');
  assert.equal(asked.length, 3);
});

test('a jar that cannot be had is named, with the way out, and nothing is kept', async (t) => {
  const { toolchain, cached } = await setUp(t, { jars: { 'a.jar': 'good' } });
  await assert.rejects(
    toolchain.javaServer('zookeeper'),
    /^Error: http:\/\/127\.0\.0\.1:\d+\/maven2\/org\/example\/b\/1\/b\.jar cannot be fetched \(it answers 404\): .* ~\/\.m2\/settings\.xml /,
  );
  assert.deepEqual(cached(), []);
});

test('a cached jar that was damaged since is fetched again', async (t) => {
  const { toolchain, cache, cached, asked } = await setUp(t, { jars: good });
  await toolchain.javaServer('zookeeper');
  const [entry = ''] = cached();
  writeFileSync(join(cache, entry, 'a.jar'), 'damaged');
  await toolchain.javaServer('zookeeper');
  assert.equal(readFileSync(join(cache, entry, 'a.jar'), 'utf8'), 'good');
  assert.equal(asked.length, 4);
});

test('what a killed run has left half-written is never used', async (t) => {
  const { toolchain, cache, asked } = await setUp(t, { jars: good });
  mkdirSync(join(cache, '.unfinished-abcdef'), { recursive: true });
  writeFileSync(join(cache, '.unfinished-abcdef', 'a.jar'), 'go');
  assert.equal(await toolchain.hasJars('zookeeper'), false);
  await toolchain.javaServer('zookeeper');
  assert.equal(asked.length, 2);
  // Another process may still be making it.
  assert(existsSync(join(cache, '.unfinished-abcdef')));
});

test('what a killed run has left half-written is removed after a day', async (t) => {
  const { toolchain, cache } = await setUp(t, { jars: good });
  const abandoned = join(cache, '.unfinished-abcdef');
  mkdirSync(abandoned, { recursive: true });
  const longAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(abandoned, longAgo, longAgo);
  await toolchain.javaServer('zookeeper');
  assert(!existsSync(abandoned));
});

test('the proxy that the environment names is asked', async (t) => {
  const asked: string[] = [];
  const proxy = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.end('good');
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const directory = mkdtempSync(join(tmpdir(), 'headwater-proxy-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const { port } = proxy.address() as AddressInfo;
  const path = 'org/example/a/1/a.jar';
  await fetchJars('a jar', [{ path, sha256: hash('sha256', 'good') }], directory, {
    host: { env: { http_proxy: `http://127.0.0.1:${port}` } },
    progress: () => undefined,
    repository: 'http://repository.invalid/maven2/',
  });
  assert.deepEqual(asked, [`http://repository.invalid/maven2/${path}`]);
  assert.equal(readFileSync(join(directory, 'a.jar'), 'utf8'), 'good');
});
