import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { identify } from '../../infra/local/pid-file.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { timedCommand } from './timed-command.ts';

const never = new AbortController().signal;

test('the processor time is that of the command and of what it waited for', async () => {
  const burn = 'end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do :; done';
  const { output, cpuSeconds } = await timedCommand(['bash', '-c', `bash -c '${burn}'; echo done`], {
    host: process,
    signal: never,
  });
  assert.match(output, /^done\n/);
  assert(cpuSeconds > 0.05 && cpuSeconds < 3, String(cpuSeconds));
});

test('a command that fails is an error with what it said', async () => {
  await assert.rejects(
    timedCommand(['sh', '-c', 'echo no such topic >&2; exit 3'], { host: process, signal: never }),
    /ended with 3:[^]*no such topic/,
  );
});

test('aborted, it ends with everything it has started', { timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-timed-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'pid');
  const stopping = new AbortController();
  const running = timedCommand(['sh', '-c', `sleep 60 & echo $! > ${file}; wait`], {
    host: process,
    signal: stopping.signal,
  });
  const rejected = assert.rejects(running, /the lab is stopped/);
  await waitUntil(() => existsSync(file) && readFileSync(file, 'utf8') !== '', {
    what: 'started',
    deadlineMs: 60_000,
  });
  stopping.abort(new Error('the lab is stopped'));
  await rejected;
  const pid = Number(readFileSync(file, 'utf8'));
  await waitUntil(() => identify(pid, process) === undefined, { what: 'ended', deadlineMs: 60_000 });
});
