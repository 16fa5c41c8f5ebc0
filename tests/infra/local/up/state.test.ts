import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { PidFile } from '../../../../infra/local/pid-file.ts';
import { State } from '../../../../infra/local/up/state.ts';

function setUp(t: TestContext): State {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-state-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return new State(directory, process);
}

const running = {
  producer: 'http://a',
  consumer: 'http://b',
  kafka: 'c:1',
  topic: 'events',
  objects: 's3://d/events',
  store: { bucket: 'd', prefix: 'events' },
  versions: { Headwater: '1.0.0' },
};

test('one process at a time owns a state, and another is told which', (t) => {
  const state = setUp(t);
  state.claim(process.pid);
  assert.equal(state.supervisor?.pid, process.pid);
  assert.throws(
    () => state.claim(process.pid),
    new RegExp(`is in use by pid ${process.pid}: end it with npm run down`),
  );
  state.release();
  assert.equal(state.supervisor, undefined);
  state.claim(process.pid);
});

test('a stale pid does not keep a state, nor does what it announced count as running', (t) => {
  const state = setUp(t);
  state.announce(running);
  writeFileSync(join(state.directory, 'up.pid'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  assert.equal(state.running, undefined);
  state.claim(process.pid);
  assert.deepEqual(state.running, running);
  state.release();
  assert.equal(state.running, undefined);
});

test('survivors of a killed supervisor are killed by name, and nothing else is', async (t) => {
  const state = setUp(t);
  const [survivor, stranger] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
  t.after(() => stranger.kill());
  assert(survivor.pid !== undefined && stranger.pid !== undefined);
  mkdirSync(join(state.directory, 'kraft-1'));
  new PidFile(join(state.directory, 'kraft-1', 'kafka-1.pid'), process).write(survivor.pid);
  const reused = JSON.stringify({ pid: stranger.pid, started: 'long ago' });
  writeFileSync(join(state.directory, 'zookeeper.pid'), reused);
  const ended = once(survivor, 'exit');
  assert.deepEqual(state.killSurvivors(), ['kafka-1']);
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  assert.equal(stranger.exitCode, null);
  assert.deepEqual(state.killSurvivors(), []);
});
