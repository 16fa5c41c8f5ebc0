import { orZero, type WatchingAlert } from './series.ts';

export interface ScaledPods {
  /** Of the alert where none is ready, and of that where fewer are than there should be. */
  readonly names: readonly [none: string, few: string];
  readonly labels: string;
  /** Pods that are there at the least. */
  readonly minimum: number;
  readonly what: string;
  /** What to do where none is ready. */
  readonly none: string;
}

/** None ready, or fewer than there should be at the least. A roll takes none away before the next one is ready. */
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

/** An autoscaler that can add no more, by the pods themselves: nothing else must be scraped for it. */
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
