import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { down } from '../../../../infra/local/up/control.ts';
import { identify } from '../../../../infra/local/pid-file.ts';
import { State } from '../../../../infra/local/up/state.ts';
import { Terminal } from '../../../../infra/local/up/terminal.ts';

/** Gives up its directory when it is told to end, and ends a moment later. */
const LINGERING = `
  process.on('SIGTERM', () => {
    require('node:fs').rmSync(process.argv[1]);
    setTimeout(() => process.exit(), 700);
  });
  process.stdin.resume();
  process.stdout.write('listens');
`;

test('down returns when the process has ended, not when it has given up its directory', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-control-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const child = spawn(process.execPath, ['--eval', LINGERING, join(directory, 'up.pid')]);
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert(child.pid !== undefined);
  new State(directory, process).claim(child.pid);
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) };
  assert.equal(await down(directory, { host: process, terminal: new Terminal(output, output) }), 0);
  assert.equal(identify(child.pid, process), undefined);
  assert.match(written.join(''), /stopped\n$/);
});
