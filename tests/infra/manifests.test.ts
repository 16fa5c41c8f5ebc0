import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import lock from '../../infra/images.lock.json' with { type: 'json' };
import { ownTags } from '../../infra/images/content-tags.ts';
import { buildPlatform } from '../../infra/platform.ts';
import { needs } from '../runner/needs.ts';
import { allEnvironments } from './all-environments.ts';
import { writeManifests } from '../../infra/write-manifests.ts';

const root = join(import.meta.dirname, '../..');
const committed = join(root, 'tests/manifests');
const directory = mkdtempSync(join(tmpdir(), 'headwater-manifests-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function synthesizeInto(name: string): string {
  const outdir = join(directory, name);
  for (const environment of Object.values(allEnvironments)) {
    writeManifests(buildPlatform(environment), join(outdir, environment.name));
  }
  return outdir;
}

function filesOf(outdir: string): readonly string[] {
  return readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(outdir.length + 1))
    .sort();
}

const synthesized = synthesizeInto('first');

test('the committed manifests are all that is synthesized, and nothing else (npm run manifests:update)', () => {
  assert.deepEqual(filesOf(committed), filesOf(synthesized));
});

for (const file of filesOf(synthesized)) {
  test(`${file} is committed as it is synthesized (npm run manifests:update)`, (context) => {
    context.assert.fileSnapshot(readFileSync(join(synthesized, file), 'utf8'), join(committed, file), {
      serializers: [String],
    });
  });
}

test('no manifest is left out of the commit', needs('git'), () => {
  const untracked = execFileSync('git', ['ls-files', '--others', '--', 'tests/manifests'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(untracked, '');
});

test('the same environments give the same bytes', () => {
  const again = synthesizeInto('second');
  assert.deepEqual(filesOf(again), filesOf(synthesized));
  for (const file of filesOf(synthesized)) {
    assert.ok(
      readFileSync(join(again, file)).equals(readFileSync(join(synthesized, file))),
      `${file} differs from one synthesis to the next`,
    );
  }
});

test('the tags of our own images are hashes of what they are built from (npm run manifests:update)', () => {
  assert.deepEqual(lock.own, ownTags(root));
});

test('every image of others has a digest, or the reason why it has none', () => {
  for (const [name, image] of Object.entries(lock.others)) {
    assert.doesNotMatch(image.reference, /:latest(@|$)/, name);
    assert.match(image.reference, /:[\w.-]+(@sha256:[0-9a-f]{64})?$/, name);
    assert.equal(image.reference.includes('@sha256:'), !('withoutDigest' in image), name);
    assert.ok(image.source.length > 0, name);
  }
});
