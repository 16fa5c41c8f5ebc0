import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { PidFile } from '../../../infra/local/pid-file.ts';

function pidFile(t: TestContext): PidFile {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-pid-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return new PidFile(join(directory, 'some.pid'), process);
}

test('a process that runs is found, one that has ended is not', async (t) => {
  const file = pidFile(t);
  const child = spawn('sleep', ['60']);
  assert(child.pid !== undefined);
  file.write(child.pid);
  assert.equal(file.running()?.pid, child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(file.running(), undefined);
});

test('another process that was given the same pid since is not taken for it', (t) => {
  const file = pidFile(t);
  file.write(process.pid);
  const written = JSON.parse(readFileSync(file.path, 'utf8')) as { started: string };
  writeFileSync(file.path, JSON.stringify({ pid: process.pid, started: `${written.started}1` }));
  assert.equal(file.running(), undefined);
});

test('a file that is missing, or not ours, is as good as none', (t) => {
  const file = pidFile(t);
  assert.equal(file.running(), undefined);
  for (const text of ['', '12', '{"pid":"1"}', 'null']) {
    writeFileSync(file.path, text);
    assert.equal(file.running(), undefined, text);
  }
});

test('a claim is refused with the owner as long as it runs, and takes over a stale file', (t) => {
  const file = pidFile(t);
  assert.equal(file.claim(process.pid), undefined);
  assert.equal(file.claim(process.pid)?.pid, process.pid);
  writeFileSync(file.path, JSON.stringify({ pid: process.pid, started: 'long ago' }));
  assert.equal(file.claim(process.pid), undefined);
  assert.equal(file.running()?.pid, process.pid);
});
