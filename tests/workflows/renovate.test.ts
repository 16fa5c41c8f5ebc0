import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import lock from '../../infra/images.lock.json' with { type: 'json' };
import renovate from '../../renovate.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../..');

test('every image of others is found with its version, and its digest where it has one', () => {
  const [manager] = renovate.customManagers;
  const text = readFileSync(join(ROOT, 'infra/images.lock.json'), 'utf8');
  const found = [...text.matchAll(new RegExp(manager?.matchStrings[0] ?? '', 'g'))].map(({ groups = {} }) => {
    const { depName = '', currentValue = '', currentDigest } = groups;
    return `${depName}:${currentValue}${currentDigest === undefined ? '' : `@${currentDigest}`}`;
  });
  assert.deepEqual(
    found.sort(),
    Object.values(lock.others)
      .map(({ reference }) => reference)
      .sort(),
  );
});

test('what is written for an image of others is found again, with its digest', () => {
  const [manager] = renovate.customManagers;
  const { matchStrings: [pattern = ''] = [], autoReplaceStringTemplate: template = '' } = manager ?? {};
  const update = { depName: 'docker.io/team/program', newValue: 'v2', newDigest: `sha256:${'0'.repeat(64)}` };
  const written = template
    .replaceAll(/\{\{#if newDigest\}\}|\{\{\/if\}\}/g, '')
    .replaceAll(/\{\{\{(\w+)\}\}\}/g, (_, name: keyof typeof update) => update[name]);
  assert.deepEqual(new RegExp(pattern).exec(written)?.slice(1), Object.values(update));
});

test('the base of our own images is read as a day, beside its digest', () => {
  const { versioning = '' } =
    renovate.packageRules.find(({ matchPackageNames }) =>
      matchPackageNames?.includes('docker.io/library/debian'),
    ) ?? {};
  const tag = new RegExp(versioning.replace(/^regex:/, ''));
  const dockerfiles = globSync('images/{application,kafka,zookeeper}/Dockerfile', { cwd: ROOT });
  assert.equal(dockerfiles.length, 3);
  for (const path of dockerfiles) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const [, value = ''] =
      /^ARG BASE_IMAGE=docker\.io\/library\/debian:([^@]+)@sha256:[0-9a-f]{64}$/m.exec(text) ?? [];
    assert.match(value, tag, path);
  }
});

test('Kafka, Node and Kubernetes come in groups that name packages of ours', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const own = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  for (const group of ['Kafka', 'Node', 'Kubernetes']) {
    const names = renovate.packageRules.find(({ groupName }) => groupName === group)?.matchPackageNames ?? [];
    const patterns = names.map((name) => new RegExp(`^${name.replaceAll('**', '*').replaceAll('*', '.*')}$`));
    assert.ok(
      own.some((name) => patterns.some((pattern) => pattern.test(name))),
      group,
    );
  }
});
