import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { addConsumerGauges, consumerMetrics } from '../../../apps/consumer/metrics.ts';
import { httpMetrics } from '../../../apps/producer/metrics.ts';
import { addHealthRoutes } from '../../../apps/service/health.ts';
import { watchCertificates } from '../../../apps/kafka/certificates.ts';
import { alerts } from '../../../infra/charts/alerts.ts';
import { FAILED_CODES } from '../../../infra/charts/alerts/producer.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { allEnvironments } from '../all-environments.ts';

test('every metric of our own that an alert asks for is one that a program has', () => {
  const registry = new Registry();
  consumerMetrics(registry);
  addConsumerGauges(registry, {
    consumption: { assigned: [], partitions: new Map(), rebalances: 0 } as never,
    pools: {} as never,
  });
  httpMetrics(registry);
  addHealthRoutes(fastify(), { registry, notReady: () => undefined });
  watchCertificates({ bootstrapBrokers: [], tls: { ca: '' } }, registry);
  const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const asked = alerts(environments.production).flatMap(
    ({ expression }) => expression.match(/headwater_\w+/g) ?? [],
  );
  assert.ok(asked.length > 0);
  for (const name of asked) assert.ok(known.has(name), name);
});

test('every alert has a name of its own, and says what to do', () => {
  for (const environment of Object.values(allEnvironments)) {
    const all = alerts(environment);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    assert.ok(all.every(({ summary, action }) => summary.length > 0 && action.length > 0));
  }
});

test('every answer that an alert counts as refused is one that the producer gives', () => {
  const answers = readFileSync(join(import.meta.dirname, '../../../apps/producer/http/problem.ts'), 'utf8');
  for (const code of FAILED_CODES) assert.ok(answers.includes(`'${code}'`), code);
});

test('thresholds follow from the environment', () => {
  const all = alerts(environments.production);
  const expressionOf = (name: string): string => all.find((alert) => alert.name === name)?.expression ?? '';
  // Five flushes of 30 s missed.
  assert.match(expressionOf('EventsNotStored'), /> 150$/);
  assert.match(expressionOf('PartitionsUnowned'), /< 12$/);
  assert.match(expressionOf('KafkaBrokersDown'), /< 2$/);
  assert.match(expressionOf('KafkaBrokersMissing'), /< 3$/);
  // 85 % taken by topics, 5 % by the file system, and a margin.
  assert.match(expressionOf('VolumeFilling'), /< 0\.08$/);
});
