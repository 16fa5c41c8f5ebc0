import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyProperties, compareEnvironments } from '../../../../infra/diff/causes/property-changes.ts';
import { canonicalText, pathText } from '../../../../infra/diff/tree.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { changed } from '../../refused/refusal.ts';
import { plain } from '../pull-request.ts';
import type { Tree } from '../../../../infra/diff/tree.ts';

const production = plain(environments.production);

function pathsOf(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const after = changed({ environment: 'production', changes }) as Tree;
  return compareEnvironments(production, after).map(({ path }) => pathText(path));
}

test('each property that has another value is one, at its path', () => {
  assert.deepEqual(
    pathsOf({ 'kafka.brokers': 4, 'consumer.replicas.max': 20, storageClassName: undefined }),
    ['storageClassName', 'kafka.brokers', 'consumer.replicas.max'],
  );
});

test('another choice of a type is one property, and so is a list', () => {
  const exposure = { kind: 'node-port', hosts: ['a.example.com'], firstNodePort: 31_000 };
  assert.deepEqual(
    pathsOf({ 'kafka.exposure': exposure, 'network.searchCidrs': ['10.1.0.0/16', '10.3.0.0/16'] }),
    ['kafka.exposure', 'network.searchCidrs'],
  );
  assert.deepEqual(pathsOf({ 'edge.gatewayClassName': 'other', 'edge.host': 'b.example.com' }), [
    'edge.host',
    'edge.gatewayClassName',
  ]);
});

test('the changes between any two environments lead from one to the other', () => {
  const values = Object.values(environments).map(plain);
  for (const before of values) {
    for (const after of values) {
      const changes = compareEnvironments(before, after);
      assert.equal(canonicalText(applyProperties(before, changes)), canonicalText(after));
    }
  }
});
