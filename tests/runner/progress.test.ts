import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { LeftOut } from './left-out.ts';
import { FileProgress } from './progress.ts';

const ROOT = '/checkout';

function event(type: string, data: object): TestEvent {
  return { type, data } as unknown as TestEvent;
}

test('after ten seconds without a line it is said which files run, and for how long', () => {
  const printed: string[] = [];
  let now = 0;
  const files = ['a', 'b', 'c'].map((name) => `${ROOT}/tests/${name}.test.ts`);
  const progress = new FileProgress(
    files,
    ROOT,
    (text) => void printed.push(text),
    () => now,
  );
  progress.take(event('test:dequeue', { name: 'tests/a.test.ts' }));
  progress.take(event('test:dequeue', { name: 'tests/b.test.ts' }));
  progress.take(event('test:dequeue', { name: 'a title' }));
  now = 9_999;
  progress.look();
  assert.deepEqual(printed, []);
  progress.take(event('test:complete', { name: 'tests/a.test.ts' }));
  now = 10_000;
  progress.look();
  progress.look();
  assert.deepEqual(printed, ['… 10 s: 1 of 3 files done, running tests/b.test.ts (10 s)\n']);
  progress.heard();
  now = 19_000;
  progress.look();
  assert.equal(printed.length, 1);
});

test('what was left out is named once, with the command that adds what can be added', () => {
  const leftOut = new LeftOut(ROOT);
  assert.equal(leftOut.render(), '');
  const pass = (name: string, skip?: string | boolean): void =>
    leftOut.take(event('test:pass', { name, skip, file: `${ROOT}/tests/a.test.ts` }));
  pass('runs');
  pass('asks a broker', 'needs kcat jq');
  pass('asks another', 'needs kcat');
  pass('mounts', 'only who may mount');
  pass('says it its own way', 'needs nmap: install it');
  assert.deepEqual(leftOut.programs, ['jq', 'kcat']);
  assert.equal(
    leftOut.render(),
    `
left out:
  tests/a.test.ts: asks a broker (needs kcat jq)
  tests/a.test.ts: asks another (needs kcat)
  tests/a.test.ts: mounts (only who may mount)
  tests/a.test.ts: says it its own way (needs nmap: install it)
on Debian this adds them: sudo apt-get install -y --no-install-recommends jq kcat
`,
  );
});
