import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Cache } from '../../../infra/local/cache.ts';
import { classArchive, type Startable } from '../../../infra/local/class-archive.ts';

/** A server that does something when it ends, as Java does. */
function serverThat(ends: () => unknown): Startable {
  return { start: () => Promise.resolve(), stop: () => Promise.resolve(ends()) };
}

/** A cache, a `java` on the PATH, and what the runs of a server were given. */
function setUp(t: TestContext, { writes = true } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-class-archive-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const java = join(directory, 'bin/java');
  mkdirSync(dirname(java));
  writeFileSync(java, '17', { mode: 0o755 });
  const scratch: string[] = [];
  const archiveOf = (madeFrom: string): Promise<string | undefined> =>
    classArchive({
      host: { env: { PATH: `${join(directory, 'none')}:${dirname(java)}` } },
      cache: new Cache(join(directory, 'cache')),
      name: 'kafka',
      madeFrom: [madeFrom],
      java: 'java',
      progress: () => undefined,
      prepare: (archive, own) => {
        scratch.push(own);
        assert.ok(existsSync(own));
        return Promise.resolve(serverThat(() => writes && writeFileSync(archive, 'classes')));
      },
    });
  return { directory, java, scratch, archiveOf };
}

test('classes are read once, and anew for other jars and for another Java', async (t) => {
  const { java, scratch, archiveOf } = setUp(t);
  const archive = await archiveOf('jars');
  assert.ok(archive !== undefined && existsSync(archive));
  assert.equal(await archiveOf('jars'), archive);
  assert.equal(scratch.length, 1);

  assert.notEqual(await archiveOf('other jars'), archive);
  writeFileSync(java, '21.0');
  assert.notEqual(await archiveOf('jars'), archive);
  assert.equal(scratch.length, 3);
  assert.deepEqual(scratch.filter(existsSync), []);
});

test('a Java that writes no archive is not asked again, and the server starts without', async (t) => {
  const { scratch, archiveOf } = setUp(t, { writes: false });
  assert.equal(await archiveOf('jars'), undefined);
  assert.equal(await archiveOf('jars'), undefined);
  assert.equal(scratch.length, 1);
});

test('a run that fails leaves neither an archive nor what the server wrote', async (t) => {
  const { directory, java } = setUp(t);
  let scratch = '';
  const cache = new Cache(join(directory, 'cache'));
  const prepare = (archive: string, own: string): Promise<Startable> => {
    scratch = own;
    writeFileSync(archive, 'half');
    const fail = () => Promise.reject(new Error('kafka-1 is not ready'));
    return Promise.resolve({ ...serverThat(() => undefined), start: fail });
  };
  await assert.rejects(
    classArchive({
      host: { env: {} },
      cache,
      name: 'kafka',
      madeFrom: [],
      java,
      progress: () => undefined,
      prepare,
    }),
    /kafka-1 is not ready/,
  );
  assert.deepEqual(readdirSync(join(directory, 'cache')), []);
  assert.equal(existsSync(scratch), false);
});
