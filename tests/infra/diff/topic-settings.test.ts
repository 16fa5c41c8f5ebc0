import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChanges } from '../../../infra/diff/changes.ts';
import type { ManifestObject } from '../../../infra/diff/objects.ts';

/** A Job that is given the topic `events` with these properties. */
function job(properties: Readonly<Record<string, unknown>>): ManifestObject {
  const TOPICS = JSON.stringify([{ name: 'events', ...properties }]);
  const containers = [{ name: 'topics', image: 'topics:1', env: [{ name: 'TOPICS', value: TOPICS }] }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'kafka-topics-00000000', namespace: 'headwater' },
    spec: { template: { spec: { containers } } },
  };
}

test('a setting that is no longer declared stays, and one that is to be reset goes', () => {
  const rulesOf = (after: Readonly<Record<string, unknown>>): readonly string[] =>
    findChanges({ dev: [job({ configs: { 'retention.ms': 1000 } })] }, { dev: [job(after)] }).map(
      ({ consequence, rule }) => `${consequence} ${rule}`,
    );
  assert.deepEqual(rulesOf({ configs: {} }), ['applied-in-place topic-setting-undeclared']);
  assert.deepEqual(rulesOf({ configs: {}, reset: ['retention.ms'] }), [
    'applied-in-place topic-setting-undeclared',
    'data-deleted-sooner topic-setting-reset',
  ]);
});
