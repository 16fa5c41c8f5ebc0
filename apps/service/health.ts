import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Gauge, type Registry } from 'prom-client';

export interface HealthOptions {
  readonly registry: Registry;
  /** Why the program must get no traffic now; `undefined` if it is ready. */
  readonly notReady: () => string | undefined;
}

const statusSchema = {
  type: 'object',
  properties: { status: { type: 'string' }, reason: { type: 'string' } },
  required: ['status'],
  additionalProperties: false,
} as const;

/**
 * Adds three routes.
 *
 * - `GET /livez`: 200 if the event loop runs. Does not check Kafka or the store, since a restart does not repair them.
 * - `GET /readyz`: 200, or 503 with the reason
 * - `GET /metrics`: metrics in Prometheus' text format
 */
export function addHealthRoutes(app: FastifyInstance, { registry, notReady }: HealthOptions): void {
  new Gauge({
    name: 'headwater_ready',
    help: '1 if /readyz returns 200, else 0',
    registers: [registry],
    collect() {
      this.set(notReady() === undefined ? 1 : 0);
    },
  });
  const metrics = shareRendering(registry);
  app.get('/livez', { schema: { summary: 'The process is alive', response: { 200: statusSchema } } }, () => ({
    status: 'live',
  }));
  app.get(
    '/readyz',
    { schema: { summary: 'The process wants traffic', response: { 200: statusSchema, 503: statusSchema } } },
    (_request, reply) => {
      const reason = notReady();
      return reason === undefined
        ? { status: 'ready' }
        : reply.code(503).send({ status: 'not ready', reason });
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Prometheus metrics',
        response: { 200: { content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
    async (_request, reply) => reply.type(registry.contentType).send(await metrics()),
  );
}

/** Renders once for all requests of one event-loop iteration: rendering blocks the loop for milliseconds. */
function shareRendering(registry: Registry): () => Promise<string> {
  let rendering: Promise<string> | undefined;
  return () => {
    rendering ??= setImmediate().then(() => {
      rendering = undefined;
      return registry.metrics();
    });
    return rendering;
  };
}
