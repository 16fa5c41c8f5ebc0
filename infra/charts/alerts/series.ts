import { jobOf, type Alert } from '../../constructs/cluster/monitoring.ts';
import type { Identity } from '../../constructs/workloads/labels.ts';

/** An alert, and what must be there for it to see anything. */
export interface WatchingAlert extends Omit<Alert, 'runbook'> {
  /**
   * Series that are there whenever the platform runs, as selectors: that one has none is an alarm of its own.
   * @default none: the expression is true where there is no series
   */
  readonly metrics?: readonly string[];
}

/** Labels of every series of a namespace. */
export function inNamespace(namespace: string): string {
  return `namespace="${namespace}"`;
}

/** Labels of every series that one workload's pods serve. */
export function ofWorkload(namespace: string, identity: Identity): string {
  return `job="${jobOf(namespace, identity)}",${inNamespace(namespace)}`;
}

/** Pods of a workload that answer Prometheus; 0, not nothing, where there is none. */
export function podsUp(labels: string): string {
  return orZero(`count(up{${labels}} == 1)`);
}

/** An aggregation over all series, 0 where there is none. */
export function orZero(aggregation: string): string {
  return `(${aggregation} or vector(0))`;
}
