import assert from 'node:assert/strict';
import test from 'node:test';
import { fastify } from 'fastify';
import { addHealthRoutes } from '../../../apps/service/health.ts';
import { createRegistry } from '../../../apps/service/metrics.ts';

test('liveness does not depend on readiness, and readiness says why not', async (t) => {
  const app = fastify();
  t.after(() => app.close());
  let reason: string | undefined = 'no broker answers';
  addHealthRoutes(app, { registry: createRegistry(), notReady: () => reason });

  const live = await app.inject('/livez');
  assert.equal(live.statusCode, 200);
  assert.deepEqual(live.json(), { status: 'live' });
  const notReady = await app.inject('/readyz');
  assert.equal(notReady.statusCode, 503);
  assert.deepEqual(notReady.json(), { status: 'not ready', reason: 'no broker answers' });
  reason = undefined;
  const ready = await app.inject('/readyz');
  assert.equal(ready.statusCode, 200);
  assert.deepEqual(ready.json(), { status: 'ready' });
});

test('metrics are Prometheus text with the process metrics', async (t) => {
  const app = fastify();
  t.after(() => app.close());
  addHealthRoutes(app, { registry: createRegistry(), notReady: () => undefined });

  const { statusCode, headers, body } = await app.inject('/metrics');
  assert.equal(statusCode, 200);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^process_resident_memory_bytes \d+$/m);
});

test('whether it is ready is a metric: a probe that fails takes a pod away from traffic, not from Prometheus', async (t) => {
  const app = fastify();
  t.after(() => app.close());
  let reason: string | undefined = 'no broker answers';
  addHealthRoutes(app, { registry: createRegistry(), notReady: () => reason });

  assert.match((await app.inject('/metrics')).body, /^headwater_ready 0$/m);
  reason = undefined;
  assert.match((await app.inject('/metrics')).body, /^headwater_ready 1$/m);
});
