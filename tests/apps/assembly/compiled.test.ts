import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile, compiledPath, modules } from './compile.ts';

for (const module of modules) {
  test(`${module}.wasm is what its source compiles to`, async () => {
    const committed = readFileSync(compiledPath(module));
    assert.ok(committed.equals(await compile(module)), 'run npm run assembly:update');
  });
}
