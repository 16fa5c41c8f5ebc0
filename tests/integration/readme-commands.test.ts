import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

/** Runs npm as a person does, not as a part of these tests. */
function npm(directory: string, ...args: readonly string[]) {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  return spawnSync('npm', [...args], { cwd: directory, env, encoding: 'utf8' });
}

test('npm run fix formats a file, and mends what the lint can', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-fix-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const files = [
    'package.json',
    'package-lock.json',
    'eslint.config.js',
    'tsconfig.json',
    '.prettierrc.json',
  ];
  for (const file of [...files, '.prettierignore', 'infra/local/setup.mjs']) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    cpSync(join(ROOT, file), join(directory, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  mkdirSync(join(directory, 'tests'));
  const file = join(directory, 'tests/a.ts');
  writeFileSync(file, "import { sep } from 'node:path'\nexport const a: typeof sep = (sep as typeof sep)");
  const { status, stdout, stderr } = npm(directory, 'run', 'fix');
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.equal(
    readFileSync(file, 'utf8'),
    "import { sep } from 'node:path';\nexport const a: typeof sep = sep;\n",
  );
});

test('npm run test:unit runs the files that it is given, and fails where one does', () => {
  const one = npm(ROOT, 'run', 'test:unit', '--', 'tests/infra/kafka-defaults.test.ts');
  assert.equal(one.status, 0, `${one.stdout}${one.stderr}`);
  assert.match(one.stdout, /one broker of three may be down/);
  const none = npm(ROOT, 'run', 'test:unit', '--', 'tests/infra/no-such.test.ts');
  assert.notEqual(none.status, 0);
});
