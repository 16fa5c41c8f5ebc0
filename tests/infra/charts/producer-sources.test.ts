import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourcesMounts, sourcesVariable } from '../../../infra/charts/producer-sources.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { everyOption } from '../../policies/options.ts';

test('each producer has its share of every rate, of as many producers as run at least', () => {
  assert.equal(everyOption.producer.replicas.min, 3);
  const sources = JSON.parse(sourcesVariable(everyOption)) as Record<string, object>;
  assert.deepEqual(sources['web'], {
    who: 'keys',
    keysFile: '/etc/headwater-sources/web/keys',
    limits: {
      requestsPerSecond: 100 / 3,
      eventsPerSecond: 1_000 / 3,
      bytesPerSecond: 1_048_576 / 3,
      burstSeconds: 10,
    },
    limitsPerKey: {
      requestsPerSecond: 10 / 3,
      eventsPerSecond: 100 / 3,
      bytesPerSecond: 102_400 / 3,
      burstSeconds: 5,
    },
  });
});

test('the keys of a source are the file that its variable names', () => {
  assert.deepEqual(sourcesMounts(environments.production), [
    {
      kind: 'secret',
      secretName: 'source-events-v1',
      path: '/etc/headwater-sources/events',
      keys: ['keys'],
    },
  ]);
});

test('an open source has its reason in the manifests, and no Secret', () => {
  const { dev } = environments;
  assert.match(sourcesVariable(dev), /^\{"events":\{"who":"open","reason":"[^"]+"\}\}$/);
  assert.deepEqual(sourcesMounts(dev), []);
});

test('nobody may send to production or staging without a key', () => {
  for (const { sources } of [environments.production, environments.staging])
    assert.ok(Object.values(sources).every(({ who }) => who === 'keys'));
});
