import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCode } from '../../../../infra/diff/causes/checkout-code.ts';
import { compareCosts } from '../../../../infra/diff/causes/costs.ts';
import { findWayBack } from '../../../../infra/diff/causes/way-back.ts';
import type { ManifestObject } from '../../../../infra/diff/objects.ts';
import type { Tree } from '../../../../infra/diff/tree.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { changed } from '../../refused/refusal.ts';
import { plain } from '../pull-request.ts';

const code = await loadCode(join(import.meta.dirname, '../../../..'));
const GI = 2 ** 30;
const before = code.synthesize(plain(environments.production)).objects;

function after(changes: Readonly<Record<string, unknown>>): readonly ManifestObject[] {
  return code.synthesize(changed({ environment: 'production', changes }) as Tree).objects;
}

test('a broker more costs its volume, its pod and what it asks for', () => {
  // 3 × (200 + 10 + 10) Gi before: brokers, and both volumes of ZooKeeper's servers.
  assert.deepEqual(
    compareCosts(before, after({ 'kafka.brokers': 4 })).filter(({ what }) => what !== 'memory'),
    [
      { what: 'volumes', before: 660 * GI, after: 860 * GI },
      { what: 'pods', before: 11, after: 12 },
      { what: 'pods at most', before: 30, after: 31 },
      { what: 'CPU', before: 9_250, after: 11_250 },
    ],
  );
});

test('load balancers are counted, and an autoscaler’s bounds are the pods', () => {
  const exposure = {
    kind: 'load-balancer',
    hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
    bootstrapHost: 'k.example.com',
  };
  assert.deepEqual(
    compareCosts(before, after({ 'kafka.exposure': exposure, 'network.kafkaClientCidrs': ['10.9.0.0/16'] })),
    [{ what: 'load balancers', before: 0, after: 4 }],
  );
  assert.deepEqual(compareCosts(before, after({ 'producer.replicas.max': 20 })), [
    { what: 'pods at most', before: 30, after: 38 },
  ]);
});

test('the way back is judged as a change of its own', () => {
  const wayBack = (changes: Readonly<Record<string, unknown>>) => findWayBack(before, after(changes));
  assert.deepEqual(wayBack({ 'topics.events.retention': '10d' }), {
    consequence: 'data-deleted-sooner',
    rule: 'topic-retention-lowered',
  });
  assert.deepEqual(wayBack({ 'topics.events.partitions': 15 }), {
    consequence: 'capacity',
    rule: 'topic-partitions-lowered',
  });
  assert.deepEqual(wayBack({ 'kafka.brokers': 4 })?.consequence, 'data-at-risk');
  assert.equal(findWayBack(before, before), undefined);
});
