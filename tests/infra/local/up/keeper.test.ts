import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ManagedProcess } from '../../../../infra/local/managed-process.ts';
import { Keeper } from '../../../../infra/local/up/keeper.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';

async function keep(t: TestContext, script: string) {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-keeper-'));
  const child = new ManagedProcess({
    host: process,
    name: 'child',
    directory,
    command: ['sh', '-c', script],
    isReady: () => Promise.resolve(true),
  });
  const said: string[] = [];
  const keeper = new Keeper((text) => said.push(text));
  t.after(async () => {
    keeper.letGo();
    await child.stop();
    await keeper.finished();
    rmSync(directory, { recursive: true });
  });
  await child.start();
  keeper.keep([child]);
  return { child, keeper, said };
}

test('one that is killed is started again', async (t) => {
  const { child, keeper, said } = await keep(t, 'sleep 60');
  const first = child.pid;
  child.signal('SIGKILL');
  await waitUntil(() => child.pid !== undefined && child.pid !== first, { what: 'back', deadlineMs: 60_000 });
  assert.deepEqual(said, ['child ended with SIGKILL, starting it again']);
  assert(!keeper.broken.aborted);
});

test('one that is killed again and again is started again each time', async (t) => {
  const { child, keeper } = await keep(t, 'sleep 60');
  for (let kills = 0; kills < 5; kills += 1) {
    const { pid } = child;
    child.signal('SIGKILL');
    await waitUntil(() => child.pid !== undefined && child.pid !== pid, { what: 'back', deadlineMs: 60_000 });
  }
  assert(!keeper.broken.aborted);
});

test('one that ends again and again is given up, and the reason names its log', async (t) => {
  const { child, keeper } = await keep(t, 'exit 5');
  await waitUntil(() => keeper.broken.aborted, { what: 'given up', deadlineMs: 60_000 });
  const { message } = keeper.broken.reason as Error;
  assert.equal(message, `child failed 3 times in a row, last with exit code 5; see ${child.logFile}`);
});

test('after letting go an end is an end', async (t) => {
  const { child, keeper, said } = await keep(t, 'sleep 60');
  keeper.letGo();
  await child.stop();
  await keeper.finished();
  assert.equal(child.pid, undefined);
  assert.deepEqual(said, []);
});
