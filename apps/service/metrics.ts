import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry of its own, with the process and Node metrics (`process_*`, `nodejs_*`) already in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
