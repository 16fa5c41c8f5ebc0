import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { runCommand } from '../../../infra/local/command.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

test('a command that is ended has ended when that is told, and writes no more', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-command-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [started, written] = [join(directory, 'started'), join(directory, 'written')];
  const stopping = new AbortController();
  // It takes a second to end, as one does that waits for what it has started itself.
  const script = `trap 'sleep 1; echo last > ${written}; exit 1' TERM; touch ${started}; while :; do sleep 0.1; done`;
  const options = { host: process, cwd: directory, signal: stopping.signal };
  const running = runCommand('sh', ['-c', script], options);
  await waitUntil(() => existsSync(started), { what: 'started', deadlineMs: 60_000 });
  stopping.abort();
  await assert.rejects(running, /sh -c .* failed: The operation was aborted/);
  assert.equal(readFileSync(written, 'utf8'), 'last\n');
});

test('a program that is not there is named', async () => {
  const running = runCommand('headwater-no-such-program', [], { host: process, cwd: '/' });
  await assert.rejects(running, /^Error: headwater-no-such-program failed: spawn .*ENOENT/);
});
