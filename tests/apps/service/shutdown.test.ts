import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import test from 'node:test';
import { createLog } from '../../../apps/service/log.ts';
import { Shutdown } from '../../../apps/service/shutdown.ts';

class SignalledProcess extends EventEmitter {
  readonly codes: number[] = [];

  exit(code: number): void {
    this.codes.push(code);
    this.emit('exit');
  }
}

function start(deadlineMs: number) {
  const process = new SignalledProcess();
  const shutdown = new Shutdown({ process, deadlineMs, log: createLog('test', 'silent') });
  return { process, shutdown };
}

test('a signal closes what was opened last first, then exits 0', async () => {
  const { process, shutdown } = start(10_000);
  const closed: string[] = [];
  shutdown.onShutdown('kafka', () => void closed.push('kafka'));
  shutdown.onShutdown('server', async (deadline) => {
    assert.ok(shutdown.signal.aborted);
    assert.ok(deadline > performance.now() && deadline <= performance.now() + 10_000);
    await new Promise(setImmediate);
    closed.push('server');
  });
  process.emit('SIGTERM', 'SIGTERM');
  await once(process, 'exit');
  assert.deepEqual(closed, ['server', 'kafka']);
  assert.deepEqual(process.codes, [0]);
});

test('a closer that fails does not keep the others open, and the exit code says so', async () => {
  const { process, shutdown } = start(10_000);
  const closed: string[] = [];
  shutdown.onShutdown('kafka', () => void closed.push('kafka'));
  shutdown.onShutdown('server', () => Promise.reject(new Error('broken')));
  shutdown.begin('fatal error');
  await once(process, 'exit');
  assert.deepEqual(closed, ['kafka']);
  assert.deepEqual(process.codes, [1]);
});

test('what does not close is left at the deadline with exit 1', async () => {
  const { process, shutdown } = start(20);
  shutdown.onShutdown('server', () => new Promise(() => undefined));
  process.emit('SIGINT', 'SIGINT');
  await once(process, 'exit');
  assert.deepEqual(process.codes, [1]);
});

test('a second signal exits at once with 128 and its number', () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const { process, shutdown } = start(20);
    shutdown.onShutdown('server', () => new Promise(() => undefined));
    process.emit('SIGTERM', 'SIGTERM');
    assert.deepEqual(process.codes, []);
    process.emit(signal, signal);
    assert.deepEqual(process.codes, [code]);
  }
});
