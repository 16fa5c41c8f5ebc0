import assert from 'node:assert/strict';
import { appendFileSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { ownTags } from '../../../infra/images/content-tags.ts';
import { writePatchDate } from '../../../infra/images/patch-date.ts';

const root = join(import.meta.dirname, '../../..');
const tree = mkdtempSync(join(tmpdir(), 'headwater-tags-'));
after(() => rmSync(tree, { recursive: true }));
beforeEach(() => {
  for (const path of ['apps', 'images', 'package-lock.json']) {
    cpSync(join(root, path), join(tree, path), { recursive: true });
  }
});

/** Images whose tags a change of the tree changes. */
function changedBy(change: () => void): string[] {
  const before = ownTags(tree);
  change();
  const after = ownTags(tree);
  return Object.keys(before).filter(
    (image) => before[image as keyof typeof before] !== after[image as keyof typeof after],
  );
}

test('the same tree gives the same tags', () => {
  assert.deepEqual(
    changedBy(() => undefined),
    [],
  );
  assert.deepEqual(ownTags(tree), ownTags(root));
});

test('a change of one program rolls that program alone', () => {
  assert.deepEqual(
    changedBy(() => appendFileSync(join(tree, 'apps/consumer/main.ts'), '\n')),
    ['consumer'],
  );
});

test('a change of what the programs share rolls each of them, and no server', () => {
  const programs = ['producer', 'consumer', 'indices', 'topics', 'users'];
  assert.deepEqual(
    changedBy(() => appendFileSync(join(tree, 'apps/service/log.ts'), '\n')),
    programs,
  );
});

test('a jar of one line of Kafka rolls that line alone', () => {
  assert.deepEqual(
    changedBy(() => appendFileSync(join(tree, 'images/kafka/4.4/jars.sha256'), '\n')),
    ['kafka:4.4.0'],
  );
});

test('a new date of Debian’s patches rolls everything, and is the same in every image', () => {
  const images = Object.keys(ownTags(tree));
  assert.deepEqual(
    changedBy(() => writePatchDate(tree, new Date('2030-01-02T03:04:05Z'))),
    images,
  );
  for (const path of globSync('images/{application,kafka,zookeeper}/Dockerfile', { cwd: tree })) {
    const text = readFileSync(join(tree, path), 'utf8');
    assert.match(
      text,
      /^FROM \$\{BASE_IMAGE\}\n(#.*\n)*ARG PATCHED=2030-01-02\nRUN .*\n.* apt-get upgrade --yes /m,
      path,
    );
  }
});

test('documentation rolls nothing', () => {
  assert.deepEqual(
    changedBy(() => {
      for (const path of ['images/README.md', 'images/kafka/README.md', 'images/zookeeper/README.md']) {
        appendFileSync(join(tree, path), '\n');
      }
    }),
    [],
  );
});

test('a package that no pod runs rolls nothing, one that the pods run rolls the programs', () => {
  const change = (name: string) => (): void => {
    const path = join(tree, 'package-lock.json');
    const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, { version: string }> };
    const entry = lock.packages[`node_modules/${name}`];
    assert.ok(entry, name);
    entry.version = '0.0.1';
    writeFileSync(path, JSON.stringify(lock));
  };
  assert.deepEqual(changedBy(change('eslint')), []);
  assert.deepEqual(changedBy(change('fastify')), ['producer', 'consumer', 'indices', 'topics', 'users']);
});
