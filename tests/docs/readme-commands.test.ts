// A command of the README that nothing runs is one that nobody knows to work.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFirstSteps } from '../fresh/readme.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What runs a command: the tour of a bare machine, continuous integration word for word, or a test with a title. */
type Evidence = 'fresh' | 'ci' | { readonly file: string; readonly title: string };

const RUN_BY: Readonly<Record<string, Evidence>> = {
  'npm run demo': 'fresh',
  'npm test': 'fresh',
  'npx headwater lab up': 'ci',
  'npm run test:e2e': 'ci',
  'npx headwater lab down': 'ci',
  'npm run fix': {
    file: 'tests/integration/readme-commands.test.ts',
    title: 'npm run fix formats a file, and mends what the lint can',
  },
  'npm run check': 'ci',
  'npm run test:unit': {
    file: 'tests/integration/readme-commands.test.ts',
    title: 'npm run test:unit runs the files that it is given, and fails where one does',
  },
  '.ci/run': {
    file: 'tests/docs/readme-commands.test.ts',
    title: 'every step of .ci/run is a command that is there',
  },
};

/** Each command of the blocks of shell code, without comment, in their order. */
function commandsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .flatMap((line) => line.replace(/\s+#.*$/, '').split('&&'))
      .map((command) => command.trim())
      .filter((command) => command !== ''),
  );
}

function holds(command: string, evidence: Evidence | undefined): boolean {
  if (evidence === undefined) return false;
  if (evidence === 'fresh') return readFirstSteps(read('README.md')).commands.includes(command);
  if (evidence === 'ci') {
    const lines = read('.ci/run')
      .split('\n')
      .map((line) => `${line} `);
    return lines.some((line) => line.includes(`step ${command} `) || line.includes(`trap '${command}' `));
  }
  return existsSync(join(ROOT, evidence.file)) && read(evidence.file).includes(`test('${evidence.title}'`);
}

test('every command of the README is run by something that is named here', () => {
  const commands = commandsOf(read('README.md'));
  assert.ok(commands.length >= 9);
  assert.deepEqual(
    commands.filter((command) => !holds(command, RUN_BY[command])),
    [],
  );
  assert.deepEqual(
    Object.keys(RUN_BY).filter((command) => !commands.includes(command)),
    [],
  );
});

test('a command without a row is found, and one whose row names nothing that runs it', () => {
  const [first = '', second = '', third = ''] = commandsOf('```sh\nmake a && make b # why\nmake c\n```\n');
  assert.deepEqual([first, second, third], ['make a', 'make b', 'make c']);
  assert.equal(holds(first, undefined), false);
  assert.equal(holds(first, 'fresh'), false);
  assert.equal(holds(first, 'ci'), false);
  assert.equal(holds(first, { file: 'tests/docs/names.test.ts', title: 'no such title' }), false);
});

test('every step of .ci/run is a command that is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
  const steps = Array.from(
    read('.ci/run').matchAll(/\bstep (npm|npx) (?:run )?([\w:-]+)/g),
    ([, by, name]) => [by, name],
  );
  assert.ok(steps.length >= 9);
  for (const [by, name = ''] of steps) assert.ok(by === 'npx' ? name === 'headwater' : name in scripts, name);
});
