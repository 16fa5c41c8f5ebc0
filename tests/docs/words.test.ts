// Where a word is retired, a reader meets the field's word instead, in code as in prose.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findRetired, readRetiredWords, type RetiredWord } from './retired-words.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = 'docs/words.md';
/** They say what a word was before. */
const HISTORY = [PAGE, 'CHANGELOG.md', 'tests/docs/words.test.ts'];
/** What is not read: committed output, and what is generated from the sources that are. */
const OUTPUT = ['tests/manifests/', 'tests/bench/results/'];

const words = readRetiredWords(readFileSync(join(ROOT, PAGE), 'utf8'));

function findAll(): readonly string[] {
  const paths = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => /\.(ts|mjs|cjs|js|md)$/.test(path) && existsSync(join(ROOT, path)))
    .filter((path) => !HISTORY.includes(path) && !OUTPUT.some((folder) => path.startsWith(folder)));
  assert.ok(paths.length > 900);
  return paths.flatMap((path) => findRetired(words, { path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

test('no retired word is used', () => {
  assert.ok(words.length > 10);
  assert.deepEqual(findAll(), []);
});

const word = (scope: RetiredWord['scope'], allowed: readonly string[] = []): readonly RetiredWord[] => [
  { forms: ['lane', 'hope-ms'], scope, allowed },
];
const code = (text: string) => ({ path: 'src/a.ts', text });

test('everywhere is a name, a comment, a string, a document and the name of a file', () => {
  const text = "// by lane\nconst plane = { '#lane-1': HOPE_MS, isPlane, LaneOf: 'hope' };";
  assert.deepEqual(findRetired(word('everywhere'), code(text)), [
    'src/a.ts: lane',
    'src/a.ts: lane-1',
    'src/a.ts: HOPE_MS',
    'src/a.ts: LaneOf',
  ]);
  assert.deepEqual(findRetired(word('everywhere'), { path: 'docs/lane.md', text: 'A lane. An aeroplane.' }), [
    'docs/lane.md: docs/lane.md',
    'docs/lane.md: lane',
  ]);
});

test('names are identifiers, private ones too, metrics, and code of a document', () => {
  const text = "// by lane\nclass A { #lane = 'lane'; laneOf() { return 'sum(headwater_a_lane_total)'; } }";
  assert.deepEqual(findRetired(word('names'), code(text)), [
    'src/a.ts: headwater_a_lane_total',
    'src/a.ts: lane',
    'src/a.ts: laneOf',
  ]);
  const page = { path: 'a.md', text: 'The lane of `lane.next`.\n\n```ts\nlaneOf(1);\n```\n' };
  assert.deepEqual(findRetired(word('names'), page), ['a.md: lane', 'a.md: laneOf']);
});

test('types are names that begin with a capital letter', () => {
  const text = 'const lane: Lane = toLane(LANES_LANE);';
  assert.deepEqual(findRetired(word('types'), code(text)), ['src/a.ts: Lane', 'src/a.ts: LANES_LANE']);
});

test('an allowed name is no other one, and an allowed path is one file', () => {
  assert.deepEqual(findRetired(word('names', ['laneOf']), code('laneOf(lane)')), ['src/a.ts: lane']);
  assert.deepEqual(findRetired(word('names', ['src/a.ts']), code('laneOf(lane)')), []);
  assert.deepEqual(findRetired(word('names', ['src/b.ts']), code('lane')), ['src/a.ts: lane']);
});

test('a row with another scope is refused', () => {
  const page =
    '## Retired\n\n| Retired | Word | Scope | Allowed |\n| - | - | - | - |\n| `lane` | a | some | |\n';
  assert.throws(() => readRetiredWords(page), /scope must be everywhere, names, types, got some/);
});
