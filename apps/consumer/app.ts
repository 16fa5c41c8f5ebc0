import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { addHealthRoutes } from '../service/health.ts';

export interface AppOptions {
  readonly registry: Registry;
  readonly notReady: () => string | undefined;
}

/** What the consumer answers over HTTP: its health and its metrics. */
export function buildApp(options: AppOptions): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  addHealthRoutes(app, options);
  return app;
}
