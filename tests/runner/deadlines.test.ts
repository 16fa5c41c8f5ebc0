import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './suites.ts';

/** What is given to a program under test, not waited for; and a bench's, which measures speed. */
const OTHERS = [
  'tests/apps/service/shutdown.test.ts',
  'tests/pulumi/command/commands.test.ts',
  'tests/pulumi/command/network-probe.test.ts',
];

test('a test waits for what must come as long as a busy machine needs: a deadline bounds a hang, not the speed', () => {
  const short = globSync('tests/**/*.ts', { cwd: ROOT, exclude: (path) => path.endsWith('manifests') })
    .filter((file) => !OTHERS.includes(file) && !file.startsWith('tests/bench/'))
    .flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bdeadlineMs: ([\d_]+)/gi)]
        .filter(([, ms = '']) => Number(ms.replaceAll('_', '')) < 60_000)
        .map(([text]) => `${file}: ${text}`),
    );
  assert.deepEqual(short, []);
});
