import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderPages } from './pages.ts';

const root = join(import.meta.dirname, '../..');
const pages = renderPages(root);

test('each generated page says what the source says (npm run docs:update)', () => {
  for (const [path, text] of pages) {
    assert.equal(readFileSync(join(root, 'docs', path), 'utf8'), text, path);
  }
});

test('no page is left of a construct that is gone (npm run docs:update)', () => {
  const expected = [...pages.keys()].filter((path) => path.startsWith('constructs/'));
  const present = readdirSync(join(root, 'docs/constructs')).map((name) => `constructs/${name}`);
  assert.deepEqual(present.sort(), expected.sort());
});

test('every optional property of a construct says its default', () => {
  const silent = [...pages].flatMap(([path, text]) =>
    path.startsWith('constructs/')
      ? [...text.matchAll(/^\| `(\w+)` \| .*? \| {2}\| .*$/gm)].map(([, name]) => `${path}: ${name ?? ''}`)
      : [],
  );
  assert.deepEqual(silent, []);
});
