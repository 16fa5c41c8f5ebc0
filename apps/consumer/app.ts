import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { addHealthRoutes } from '../service/health.ts';

export interface AppOptions {
  readonly registry: Registry;
  readonly notReady: () => string | undefined;
}

/** The consumer's HTTP server: health and metrics. */
export function buildApp(options: AppOptions): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  addHealthRoutes(app, options);
  return app;
}
