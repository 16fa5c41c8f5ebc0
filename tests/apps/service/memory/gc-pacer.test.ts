import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GcPacer } from '../../../../apps/service/memory/gc-pacer.ts';
import { exposeCollector } from '../../../../apps/service/memory/v8-flags.ts';

test('the young generation is collected after so many bytes, and all of it after many more', () => {
  const collected: string[] = [];
  const pacer = new GcPacer(10, 30, (type) => collected.push(type));
  for (let times = 0; times < 13; times += 1) pacer.note(5);
  assert.deepEqual(collected, ['minor', 'minor', 'major', 'minor', 'minor', 'major']);
});

test('what was let go is given back by the collector of V8, of the young generation alone too', () => {
  const collect = exposeCollector();
  collect('major');
  const before = process.memoryUsage().arrayBuffers;
  for (let times = 0; times < 16; times += 1) Buffer.alloc(1024 * 1024);
  collect('minor');
  // Another thread sweeps; a second collection waits until it has done so.
  collect('minor');
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 8 * 1024 * 1024, `${grown} bytes more than before`);
});
