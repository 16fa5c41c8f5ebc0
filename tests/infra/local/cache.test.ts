import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { Cache } from '../../../infra/local/cache.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-cache-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A process that wants an entry, counts in `made` how often it makes one, and says the entry's path. */
function startMaker(t: TestContext, directory: string, made: string) {
  const module = join(import.meta.dirname, '../../../infra/local/cache.ts');
  const code = `
    import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    const { Cache } = await import(${JSON.stringify(module)});
    const make = async (path) => {
      appendFileSync(${JSON.stringify(made)}, 'made\\n');
      while (!existsSync(${JSON.stringify(`${made}.go`)})) await setTimeout(20);
      writeFileSync(path + '/file', 'whole');
    };
    const progress = (text) => process.stderr.write(text + '\\n');
    const cache = new Cache(${JSON.stringify(directory)});
    console.log(await cache.entry('thing', ['source'], make, { progress }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { child, ended };
}

const countOf = (made: string): number => {
  try {
    return readFileSync(made, 'utf8').trim().split('\n').length;
  } catch {
    return 0;
  }
};

test('of several processes that want one entry one makes it, and the others wait and say for what', async (t) => {
  const directory = directoryOf(t);
  const made = join(directory, 'made');
  const cache = join(directory, 'cache');
  const makers = [1, 2, 3].map(() => startMaker(t, cache, made));
  const waiting = makers.map(({ child }) => once(child.stderr, 'data'));
  await waitUntil(() => countOf(made) === 1, { what: 'being made', deadlineMs: 60_000 });
  const [said] = (await Promise.race(waiting)) as [Buffer];
  assert.match(String(said), /^waiting for another process that makes thing: \d+ s\n$/);
  writeFileSync(`${made}.go`, '');
  const paths = (await Promise.all(makers.map(({ ended }) => ended))).map(([stdout]) => stdout.trim());
  assert.equal(new Set(paths).size, 1);
  assert.equal(readFileSync(join(paths[0] ?? '', 'file'), 'utf8'), 'whole');
  assert.equal(countOf(made), 1);
  assert.equal(readdirSync(cache).length, 1);
});

test('what its maker fails to make is made by one who waited for it', async (t) => {
  const cache = new Cache(directoryOf(t));
  const heldUp = Promise.withResolvers<undefined>();
  const others: Promise<string>[] = [];
  const failing = cache.entry('thing', [], async () => {
    const progress = (): void => heldUp.resolve(undefined);
    others.push(cache.entry('thing', [], () => Promise.resolve(), { progress }));
    await heldUp.promise;
    throw new Error('no such module');
  });
  await assert.rejects(failing, /^Error: no such module$/);
  assert.equal(await others[0], await cache.entry('thing', [], () => assert.fail('it is there')));
});

test('who was killed while he made an entry is not waited for', async (t) => {
  const directory = directoryOf(t);
  const cache = new Cache(directory);
  const path = await cache.entry('thing', [], () => Promise.resolve());
  rmSync(path, { recursive: true });
  const claim = `${path}.making`;
  writeFileSync(claim, 'a maker without a sign of life');
  const before = new Date(Date.now() - 60_000);
  utimesSync(claim, before, before);
  assert.equal(await cache.entry('thing', [], () => Promise.resolve()), path);
  assert.deepEqual(readdirSync(directory), [path.slice(directory.length + 1)]);
});

test('the wait ends with its signal', async (t) => {
  const directory = directoryOf(t);
  const cache = new Cache(directory);
  const path = await cache.entry('thing', [], () => Promise.resolve());
  rmSync(path, { recursive: true });
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${path}.making`, 'another, who is at it');
  const stopping = new AbortController();
  const waiting = cache.entry('thing', [], () => assert.fail('another makes it'), {
    progress: () => stopping.abort(),
    signal: stopping.signal,
  });
  await assert.rejects(waiting, { name: 'AbortError' });
});
