import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

test('every page has a row in the index of the documentation', () => {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const linked = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path);
  const pages = globSync(['*.md', '*/README.md'], { cwd: join(ROOT, 'docs') }).filter(
    (page) => page !== 'README.md',
  );
  assert.ok(pages.length > 10);
  assert.deepEqual(
    pages.filter((page) => !linked.includes(page)),
    [],
  );
});
