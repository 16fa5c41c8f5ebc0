import { orZero, type WatchingAlert } from './series.ts';

export interface ScaledPods {
  /** Names of the alert for no ready pod, and of the alert for too few. */
  readonly names: readonly [none: string, few: string];
  readonly labels: string;
  /** Minimum number of pods. */
  readonly minimum: number;
  readonly what: string;
  /** What to do if no pod is ready. */
  readonly none: string;
}

/**
 * No ready pod, or fewer than the minimum. A roll keeps the minimum, since it removes a pod only when the next one is
 * ready.
 */
export function notReady({ names, labels, minimum, what, none }: ScaledPods): readonly WatchingAlert[] {
  const ready = orZero(`sum(headwater_ready{${labels}})`);
  const [noneName, fewName] = names;
  return [
    {
      name: noneName,
      expression: `${ready} < 1`,
      lasting: '3m',
      severity: 'critical',
      summary: `None of the ${what} is ready`,
      action: none,
    },
    ...(minimum === 1
      ? []
      : [
          {
            name: fewName,
            expression: `${ready} < ${minimum}`,
            lasting: '15m',
            severity: 'warning' as const,
            summary: `Only {{ $value }} of at least ${minimum} ${what} are ready`,
            action: 'Check the other pods: their events, their log, /readyz.',
          },
        ]),
  ];
}

/** An autoscaler at its maximum, derived from the pods themselves: no other exporter is needed. */
export function atMaximum(
  name: string,
  what: string,
  labels: string,
  { min, max }: { readonly min: number; readonly max: number },
): readonly WatchingAlert[] {
  if (min === max) return [];
  return [
    {
      name,
      expression: `count(up{${labels}} == 1) >= ${max}`,
      lasting: '30m',
      severity: 'warning',
      summary: `The maximum of ${max} ${what} has been running for half an hour`,
      action: 'Further load waits or is refused. Raise replicas.max, or find out why each handles less.',
    },
  ];
}
