import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

const running = { producer: 'http://a', consumer: 'http://b', kafka: 'c:1', objects: 's3://d' };
const unset = { brokers: undefined, metadata: undefined };

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

test('what the data was made with is kept, and another wish is refused', (t) => {
  const state = setUp(t);
  assert.deepEqual(state.settle({ ...unset, brokers: 3 }), { brokers: 3, metadata: 'zookeeper' });
  assert.deepEqual(state.settle(unset), { brokers: 3, metadata: 'zookeeper' });
  assert.deepEqual(state.settle({ brokers: 3, metadata: 'zookeeper' }), {
    brokers: 3,
    metadata: 'zookeeper',
  });
  assert.throws(
    () => state.settle({ ...unset, brokers: 1 }),
    /^Error: --brokers must be 3, with which .* was made, got 1: /,
  );
  assert.throws(
    () => state.settle({ ...unset, metadata: 'kraft' }),
    /--metadata must be zookeeper, .* got kraft/,
  );
});

test('settings that cannot be read are named, and nothing is made anew over them', (t) => {
  const state = setUp(t);
  writeFileSync(join(state.directory, 'settings.json'), '{"brok');
  assert.throws(() => state.settle(unset), /settings\.json cannot be read/);
});

test('survivors of a killed supervisor are killed by name, and nothing else is', async (t) => {
  const state = setUp(t);
  const [survivor, stranger] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
  t.after(() => stranger.kill());
  assert(survivor.pid !== undefined && stranger.pid !== undefined);
  new PidFile(join(state.directory, 'kafka-1.pid'), process).write(survivor.pid);
  const reused = JSON.stringify({ pid: stranger.pid, started: 'long ago' });
  writeFileSync(join(state.directory, 'zookeeper.pid'), reused);
  const ended = once(survivor, 'exit');
  assert.deepEqual(state.killSurvivors(), ['kafka-1']);
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  assert.equal(stranger.exitCode, null);
  assert.deepEqual(state.killSurvivors(), []);
});
