import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeCollector, Garbage } from '../../../apps/service/garbage.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

test('the young generation is collected after so many bytes, and all of it after many more', () => {
  const collected: string[] = [];
  const garbage = new Garbage(10, 30, (type) => collected.push(type));
  for (let times = 0; times < 13; times += 1) garbage.add(5);
  assert.deepEqual(collected, ['minor', 'minor', 'major', 'minor', 'minor', 'major']);
});

test('what was let go is given back by the collector of V8, of the young generation alone too', async () => {
  const collect = exposeCollector();
  collect('major');
  const before = process.memoryUsage().arrayBuffers;
  for (let times = 0; times < 16; times += 1) Buffer.alloc(1024 * 1024);
  collect('minor');
  // It is swept by another thread.
  const isGivenBack = () => process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024;
  await waitUntil(isGivenBack, { what: 'half of 16 MiB given back', deadlineMs: 2_000, everyMs: 1 });
});
