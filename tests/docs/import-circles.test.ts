import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { findCircles, readImports } from './import-graph.ts';

const ROOT = join(import.meta.dirname, '../..');

test('no file imports itself by way of others, not even types', () => {
  const graph = readImports(ROOT, ['{apps,infra,tests}/**/*.{ts,mjs}']);
  assert.ok(graph.size > 700);
  assert.ok(graph.get('apps/producer/main.ts')?.includes('apps/producer/http/app.ts'));
  assert.deepEqual(
    findCircles(graph).map((circle) => circle.join(' → ')),
    [],
  );
});

test('a circle is found, by whatever kind of import it is closed', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'imports-'));
  t.after(() => rmSync(root, { recursive: true }));
  const files = {
    'a.ts': "import { b } from './in/b.ts';",
    'in/b.ts': "import type { C } from '../c.ts';\nimport './d.ts';",
    'c.ts': "export { a } from './a.ts';",
    'in/d.ts': "const c = await import('../c.ts');",
    'alone.ts': "import { a } from './a.ts';",
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  assert.deepEqual(findCircles(readImports(root, ['**/*.ts'])), [['a.ts', 'in/b.ts', 'c.ts', 'a.ts']]);
  writeFileSync(join(root, 'c.ts'), '');
  assert.deepEqual(findCircles(readImports(root, ['**/*.ts'])), []);
});
