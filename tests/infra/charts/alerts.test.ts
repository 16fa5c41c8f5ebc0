import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { addConsumerGauges, consumerMetrics } from '../../../apps/consumer/metrics.ts';
import { httpMetrics } from '../../../apps/producer/metrics.ts';
import { alerts } from '../../../infra/charts/alerts.ts';
import { environments } from '../../../infra/environments/environments.ts';

test('every metric of our own that an alert asks for is one that a program has', () => {
  const registry = new Registry();
  consumerMetrics(registry);
  addConsumerGauges(registry, {
    consumption: { partitions: new Map(), rebalances: 0 } as never,
    pools: {} as never,
    now: () => 0,
  });
  httpMetrics(registry);
  const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const asked = alerts(environments.production).flatMap(
    ({ expression }) => expression.match(/headwater_\w+/g) ?? [],
  );
  assert.ok(asked.length > 0);
  for (const name of asked) assert.ok(known.has(name), name);
});

test('every alert has a name of its own, and says what to do', () => {
  for (const environment of Object.values(environments)) {
    const all = alerts(environment);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    assert.ok(all.every(({ summary, action }) => summary.length > 0 && action.length > 0));
  }
});

test('events count as not stored after five flushes missed', () => {
  const alert = alerts(environments.production).find(({ name }) => name === 'EventsNotStored');
  assert.match(alert?.expression ?? '', /> 150$/);
});
