import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFirstSteps } from '../fresh/readme.ts';

const ROOT = join(import.meta.dirname, '../..');

test('the README has two commands, which are scripts of package.json', () => {
  const { packages, commands } = readFirstSteps(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.deepEqual(commands, ['npm run demo', 'npm test']);
  assert.ok('demo' in scripts && 'test' in scripts);
  assert.ok(packages.length > 0 && !packages.includes('maven'));
});

test('continuous integration runs the second one as it is written', () => {
  const { commands } = readFirstSteps(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  const script = readFileSync(join(ROOT, '.ci/run'), 'utf8');
  for (const command of commands) assert.ok(script.split('\n').includes(`step ${command}`), command);
  assert.doesNotMatch(script, /apt-get|mvn|go build|pip3? install/, 'each command sets itself up');
});

test('the README leads to one page for each use, which begins with its command', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const rows = [
    ...readme.matchAll(
      /^\| (post your|deploy to|see what) [^|]*\| \[[^\]]+\]\(([^)]+)\) *\| `([^`]+)` *\|$/gm,
    ),
  ];
  assert.equal(rows.length, 3);
  for (const [, , path = '', command = ''] of rows) {
    const page = readFileSync(join(ROOT, path), 'utf8');
    const [script = ''] = /^npm run \w+/.exec(command) ?? [];
    assert.ok(script !== '' && page.includes(`\n${script} `), `${path}: ${command}`);
  }
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  assert.ok(rows.every(([, , path = '']) => index.includes(`](${path.replace('docs/', '')})`)));
});
