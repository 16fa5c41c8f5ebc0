import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../infra/local/wait.ts';
import { needs } from '../runner/needs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Processes whose command line says this. */
function running(text: string): number[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((path) => {
    try {
      return readFileSync(path, 'utf8').includes(text) ? [Number(path.split('/')[2])] : [];
    } catch {
      return [];
    }
  });
}

test(
  'a bench that is interrupted ends its brokers and its rivals, workers included, and leaves no file',
  needs('pip3', 'wrk'),
  async (t) => {
    const bench = spawn('npm', ['run', '--silent', 'bench', '--', 'upload', '--quick'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => bench.kill('SIGKILL'));
    const ended = new Promise((resolve) => bench.once('exit', resolve));
    let directory = '';
    let endpoint = '';
    createInterface({ input: bench.stdout }).on('line', (line) => {
      directory ||= /lab in (\S+)/.exec(line)?.[1] ?? '';
      endpoint ||= /flask.*?(127\.0\.0\.1:\d+)/.exec(line)?.[1] ?? '';
    });
    await waitUntil(() => endpoint !== '', { what: 'measuring flask', deadlineMs: 120_000 });
    assert(running(endpoint).length >= 3, 'a master and two workers');
    assert(running(directory).length >= 4, 'ZooKeeper and three brokers');
    bench.kill('SIGTERM');
    await ended;
    const left = () => [...running(endpoint), ...running(directory)];
    await waitUntil(() => left().length === 0, { what: `ended: ${left().join()}`, deadlineMs: 60_000 });
    await waitUntil(() => !existsSync(directory), { what: `removed: ${directory}`, deadlineMs: 60_000 });
  },
);
