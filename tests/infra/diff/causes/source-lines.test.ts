import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SourceLines } from '../../../../infra/diff/causes/source-lines.ts';
import type { CauseSeed } from '../../../../infra/diff/causes/cause.ts';
import { isMap, type Tree } from '../../../../infra/diff/tree.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { plain } from '../pull-request.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const directory = mkdtempSync(join(tmpdir(), 'headwater-source-lines-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function properties(...paths: readonly string[]): CauseSeed {
  return { kind: 'properties', properties: paths.map((path) => ({ path })) };
}

function leavesOf(value: Tree, path: string): readonly string[] {
  if (!isMap(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

test('every property of every environment is found at the line that names it', async () => {
  const sources = new SourceLines(ROOT);
  for (const environment of Object.values(environments)) {
    for (const path of leavesOf(plain(environment), '')) {
      const [found] = await sources.find(properties(path), environment.name);
      assert.equal(found?.file, `infra/environments/${environment.name}.ts`);
      const line = readFileSync(join(ROOT, found.file), 'utf8').split('\n')[found.line - 1] ?? '';
      assert.match(line, new RegExp(`\\b${path.split('.').at(-1) ?? ''}\\b`), `${environment.name} ${path}`);
    }
  }
});

const SOURCE = `import type { Environment } from './environment.ts';

const topics = {
  'my.topic': {
    partitions: 3,
  },
} as const;

export const it = {
  name: 'it',
  kafka: { brokers: 3 },
  topics,
} satisfies Partial<Environment>;
`;

test('a name with points, a constant and what is gone are found', async () => {
  mkdirSync(join(directory, 'infra/environments'), { recursive: true });
  writeFileSync(join(directory, 'infra/environments/it.ts'), SOURCE);
  const sources = new SourceLines(directory);
  const linesOf = async (...paths: readonly string[]) =>
    (await sources.find(properties(...paths), 'it')).map(({ line }) => line);
  assert.deepEqual(await linesOf('topics.my.topic.partitions'), [5]);
  assert.deepEqual(await linesOf('topics.other'), [12]);
  assert.deepEqual(await linesOf('kafka.heap', 'kafka.brokers'), [11]);
  assert.deepEqual(await linesOf('storageClassName'), [9]);
  assert.deepEqual(await sources.find(properties('name'), 'gone'), [
    { file: 'infra/environments/environments.ts', line: 1 },
  ]);
});

test('an image and a construct are found; where there is no such file nothing is', async () => {
  const sources = new SourceLines(ROOT);
  const [construct] = await sources.find({ kind: 'code', name: 'Kafka', properties: [] }, 'dev');
  const text = readFileSync(join(ROOT, construct?.file ?? ''), 'utf8').split('\n');
  assert.match(text[(construct?.line ?? 0) - 1] ?? '', /^export class Kafka /);
  assert.deepEqual(await sources.find({ kind: 'code', name: 'Nobody', properties: [] }, 'dev'), []);
  const image: CauseSeed = { kind: 'image', properties: [{ path: 'a', before: 'v1', after: 'v2' }] };
  assert.deepEqual(await new SourceLines(directory).find(image, 'it'), []);
});
