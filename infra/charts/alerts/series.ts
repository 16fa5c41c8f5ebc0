import { jobOf, type Alert } from '../../constructs/cluster/monitoring.ts';
import type { Identity } from '../../constructs/workloads/labels.ts';

/** An alert, and the series that it needs. */
export interface WatchingAlert extends Omit<Alert, 'runbook'> {
  /**
   * Selectors of series that always exist while the platform runs; their absence causes an alert of its own.
   * @default none: the expression is true without any series
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

/** Pods of a workload that Prometheus can scrape; 0 rather than nothing if there are none. */
export function podsUp(labels: string): string {
  return orZero(`count(up{${labels}} == 1)`);
}

/** An aggregation over all series; 0 if there are none. */
export function orZero(aggregation: string): string {
  return `(${aggregation} or vector(0))`;
}
