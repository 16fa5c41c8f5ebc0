import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { identify, PidFile } from '../../../infra/local/pid-file.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-process-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A child that runs this shell script, and is ready when it has written the file `ready`. */
function child(
  t: TestContext,
  script: string,
  options: { startDeadlineMs?: number; stopDeadlineMs?: number } = {},
) {
  const directory = place(t);
  const process_ = new ManagedProcess({
    host: process,
    name: 'child',
    directory,
    command: ['sh', '-c', script],
    isReady: () => Promise.resolve(existsSync(join(directory, 'ready'))),
    ...options,
  });
  t.after(() => process_.stop());
  return { process: process_, directory, has: (file: string) => existsSync(join(directory, file)) };
}

const forever = 'while :; do sleep 0.05; done';

test('start waits until it is ready, and stop until it has ended', async (t) => {
  const { process: started, directory } = child(t, `trap 'exit 3' TERM; sleep 0.2; touch ready; ${forever}`);
  await started.start();
  const { pid } = started;
  assert(pid !== undefined && identify(pid, process) !== undefined);
  assert.deepEqual(await started.stop(), { code: 3, signal: null });
  assert.equal(started.pid, undefined);
  assert.equal(identify(pid, process), undefined);
  assert(!existsSync(join(directory, 'child.pid')));
});

test('a directory that is missing is made for the owner alone, and so is the log', async (t) => {
  const directory = join(place(t), 'state', 'broker');
  const process_ = new ManagedProcess({
    host: process,
    name: 'child',
    directory,
    command: ['sh', '-c', forever],
    isReady: () => Promise.resolve(true),
  });
  t.after(() => process_.stop());
  await process_.start();
  for (const path of [join(directory, '..'), directory, join(directory, 'child.log')]) {
    assert.equal(statSync(path).mode & 0o077, 0, path);
  }
});

test('one that ends before it is ready is an error with its code and the end of its log', async (t) => {
  const { process: started } = child(t, 'echo the disk is full >&2; exit 7');
  await assert.rejects(
    started.start(),
    /child ended \(exit code 7\) before it was ready; .*\nthe disk is full$/s,
  );
});

test('one that is not ready in time is an error, and does not run on', async (t) => {
  const { process: started } = child(t, forever, { startDeadlineMs: 300 });
  await assert.rejects(started.start(), /child is not ready within 0\.3 s/);
  assert.equal(started.pid, undefined);
});

test('a command that does not exist is an error', async (t) => {
  const directory = place(t);
  const started = new ManagedProcess({
    host: process,
    name: 'child',
    directory,
    command: ['/nonexistent/server'],
    isReady: () => Promise.resolve(false),
  });
  await assert.rejects(started.start(), /child ended .* before it was ready/);
});

test('one that ignores SIGTERM is killed at the deadline', async (t) => {
  const { process: started } = child(t, `trap '' TERM; touch ready; ${forever}`, { stopDeadlineMs: 300 });
  await started.start();
  assert.deepEqual(await started.stop(), { code: null, signal: 'SIGKILL' });
});

test('one that is stopped by SIGSTOP can be ended', async (t) => {
  const { process: started } = child(t, `trap 'exit 0' TERM; touch ready; ${forever}`);
  await started.start();
  started.signal('SIGSTOP');
  assert.deepEqual(await started.stop(), { code: 0, signal: null });
});

test('a killed one can be started again', async (t) => {
  const { process: started } = child(t, `touch ready; ${forever}`);
  await started.start();
  started.signal('SIGKILL');
  assert.deepEqual(await started.exited, { code: null, signal: 'SIGKILL' });
  assert.throws(() => started.signal('SIGTERM'), /child does not run: it cannot get SIGTERM/);
  await started.start();
  assert.notEqual(started.pid, undefined);
});

test('a survivor of an earlier parent is ended before the same is started again', async (t) => {
  const { process: started, directory } = child(t, `touch ready; ${forever}`);
  const survivor = spawn('sleep', ['60']);
  assert(survivor.pid !== undefined);
  new PidFile(join(directory, 'child.pid'), process).write(survivor.pid);
  const ended = once(survivor, 'exit');
  await started.start();
  assert.deepEqual(await ended, [null, 'SIGKILL']);
});

test(
  'it dies with a parent that is killed by SIGKILL',
  { skip: process.platform === 'linux' ? false : 'only Linux kills orphans' },
  async (t) => {
    const directory = place(t);
    const module = new URL('../../../infra/local/managed-process.ts', import.meta.url);
    const parent = spawn(process.execPath, [
      '--input-type=module-typescript',
      '-e',
      `import { readFileSync } from 'node:fs';
       import { ManagedProcess } from ${JSON.stringify(module.href)};
       const child = new ManagedProcess({
         host: process, name: 'child', directory: ${JSON.stringify(directory)}, command: ['sleep', '60'],
         // Until then the kernel has not been told whom to kill.
         isReady: async () => readFileSync('/proc/' + child.pid + '/comm', 'utf8') === 'sleep\\n',
       });
       await child.start();
       process.stdout.write(String(child.pid));`,
    ]);
    t.after(() => parent.kill('SIGKILL'));
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(output.toString());
    assert.notEqual(identify(pid, process), undefined);
    parent.kill('SIGKILL');
    await waitUntil(() => identify(pid, process) === undefined, { what: 'dead', deadlineMs: 60_000 });
  },
);

test('what it has started and left behind ends with it', async (t) => {
  const { process: started, directory } = child(t, `sleep 60 & echo $! > left; touch ready; ${forever}`);
  await started.start();
  const left = Number(readFileSync(join(directory, 'left'), 'utf8'));
  assert(identify(left, process) !== undefined);
  await started.stop();
  await waitUntil(() => identify(left, process) === undefined, {
    what: 'ended: what is left',
    deadlineMs: 60_000,
  });
});
