import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Environment } from '../../../infra/environments/environment.ts';
import { listSecrets, renderSecrets, type ListedSecret } from '../../../infra/pulumi/stack/secret-list.ts';
import { allEnvironments } from '../../infra/all-environments.ts';
import { everyOption, logstashOption } from '../../policies/options.ts';
import { manifestsOf } from '../program/stacks.ts';

const all: Readonly<Record<string, Environment>> = {
  ...allEnvironments,
  'every option': everyOption,
  'every option, with Logstash': logstashOption,
};

/** Of each Secret, by `namespace/name`: keys that a manifest names, and whether one takes it whole. */
function namedKeys(environment: Environment): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>();
  const add = (namespace: string, name: string, keys: readonly string[]): void => {
    const id = `${namespace}/${name}`;
    named.set(id, new Set([...(named.get(id) ?? []), ...keys]));
  };
  const visit = (value: unknown, namespace: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { secretName, items, secretKeyRef, secretTargetRef } = value as {
      secretName?: unknown;
      items?: readonly { key: string }[];
      secretKeyRef?: { name: string; key: string };
      secretTargetRef?: readonly { name: string; key: string }[];
    };
    if (typeof secretName === 'string') add(namespace, secretName, items?.map(({ key }) => key) ?? ['*']);
    for (const { name, key } of [...(secretKeyRef ? [secretKeyRef] : []), ...(secretTargetRef ?? [])]) {
      add(namespace, name, [key]);
    }
    for (const inner of Object.values(value)) visit(inner, namespace);
  };
  for (const manifest of manifestsOf(environment)) visit(manifest, manifest.metadata.namespace ?? '');
  return named;
}

for (const [name, environment] of Object.entries(all)) {
  test(`${name}: the list has every key that a manifest names, and no other`, () => {
    const secrets = listSecrets(environment, manifestsOf(environment));
    assert.ok(secrets.length > 0);
    const named = namedKeys(environment);
    for (const { namespace, name: secret, type, keys } of secrets) {
      if (keys === 'any' || type === 'kubernetes.io/tls') continue;
      const found = named.get(`${namespace}/${secret}`) ?? new Set();
      const missing = [...found].filter((key) => key !== '*' && !keys.includes(key));
      const vain = found.has('*') ? [] : keys.filter((key) => !found.has(key));
      assert.deepEqual({ missing, vain }, { missing: [], vain: [] }, `${namespace}/${secret}`);
    }
  });
}

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, '../../../infra/secrets.ts'), ...args], {
    encoding: 'utf8',
  });
}

test('the command names each Secret with its keys, its hosts and who reads it', () => {
  const { status, stdout } = run('production');
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^headwater\/collect-tls-v1\n {2}type {5}kubernetes\.io\/tls\n {2}keys {5}tls\.crt, tls\.key\n {2}for {6}collect\.example\.com\n {2}read by {2}Gateway headwater\/collect\n/m,
  );
  const secrets = JSON.parse(run('production', '--json').stdout) as ListedSecret[];
  assert.equal(renderSecrets(secrets), stdout);
});

test('an environment that there is not is refused with those that there are', () => {
  const names = Object.keys(allEnvironments).join(', ');
  for (const [args, error] of [
    [['prod'], `environment must be one of ${names}, got prod`],
    [[], `environment must be one of ${names}, got none`],
    [['dev', 'lab'], 'there is at most 1 argument, got lab'],
  ] as const) {
    const { status, stdout, stderr } = run(...args);
    const hint = 'npx headwater secrets --help names all options';
    assert.deepEqual(
      { status, stdout, stderr },
      { status: 2, stdout: '', stderr: `error: ${error}\n${hint}\n` },
    );
  }
});
