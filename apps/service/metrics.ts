import { collectDefaultMetrics, Registry } from 'prom-client';

/** Creates a registry with the metrics of the process and of Node (`process_*`, `nodejs_*`). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
