import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { filesOf, parts, ROOT, suites } from './suites.ts';

const texts = new Map(
  Object.values(suites).flatMap((suite) => filesOf(suite).map((file) => [file, readFileSync(file, 'utf8')])),
);

test('every test file is in one suite, and one alone', () => {
  // It needs a program that no registry brings: npx node --test tests/e2e/fluentd.test.ts.
  const apart = ['tests/e2e/fluentd.test.ts'];
  const run = Object.values(suites)
    .flatMap(filesOf)
    .map((file) => relative(ROOT, file));
  const all = globSync('tests/**/*.test.ts', { cwd: ROOT });
  assert.deepEqual([...run, ...apart].sort(), all.sort());
});

test('a suite installs what its tests say they need', () => {
  for (const [name, suite] of Object.entries(suites)) {
    for (const file of filesOf(suite)) {
      const calls = (texts.get(file) ?? '').matchAll(/\bneeds\(([^)]*)\)/g);
      const needed = [...calls].flatMap(([, words = '']) =>
        [...words.matchAll(/'([^']+)'/g)].map(([, word]) => word),
      );
      const missing = needed.filter((program) => !suite.programs.some((known) => known === program));
      assert.deepEqual(missing, [], `${name}: ${relative(ROOT, file)}`);
    }
  }
});

test('what a suite installs is needed by one of its tests', () => {
  for (const [name, suite] of Object.entries(suites)) {
    const needed = filesOf(suite).flatMap((file) => (texts.get(file) ?? '').match(/'[^'\n]+'/g) ?? []);
    for (const program of suite.programs) assert.ok(needed.includes(`'${program}'`), `${name}: ${program}`);
    for (const part of suite.parts) {
      for (const program of parts[part].programs ?? []) assert.ok(suite.programs.includes(program), part);
    }
  }
});

test('two suites build nothing alike but in the cache, and only those that need Kubernetes build it', () => {
  const builders = Object.entries(suites).filter(([, suite]) => suite.parts.includes('kubernetes'));
  assert.deepEqual(
    builders.map(([name]) => name),
    ['cluster'],
  );
  for (const file of filesOf(suites.integration)) {
    assert.doesNotMatch(texts.get(file) ?? '', /startApiServer|buildPulumi/, relative(ROOT, file));
  }
});

test('the commands of package.json run every suite', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.equal(scripts['test'], 'node bin/headwater.mjs test unit integration');
  for (const name of Object.keys(suites)) {
    assert.equal(scripts[`test:${name}`], `node bin/headwater.mjs test ${name}`);
  }
});
