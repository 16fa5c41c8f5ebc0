import type { Value } from '../promtool.ts';

/** What series become: one by its whole name, which may be new, or all that match. `before`: where it was not healthy. */
export type Change = readonly [series: string | RegExp, value: Value, before?: Value];

/** What fires an alert, and what comes close to it and does not. */
export interface Fault {
  readonly alert: string;
  readonly what: string;
  readonly changes: readonly Change[];
  /** Other alerts that fire by the time this one does, or `any` where others tell of it sooner. @default none */
  readonly also?: readonly string[] | 'any';
  /** How long nothing was wrong before. @default 10 */
  readonly healthyMinutes?: number;
  readonly almost: string;
  readonly almostChanges: readonly Change[];
}

/** A regular expression for the series of a metric, itself one, whose labels match. */
export function of(metric: string, labels = ''): RegExp {
  return new RegExp(`^${metric}\\{.*${labels}`);
}

/** For `up` of the pods of a job, or of those whose name ends so. */
export function up(job: string, pods = '.*'): RegExp {
  return new RegExp(`^up\\{job="${job}".*pod="[a-z-]+-(${pods})"`);
}
