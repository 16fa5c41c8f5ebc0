import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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
