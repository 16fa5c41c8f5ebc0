import type { Lab } from './lab.ts';

/** What is measured, and how it is called. */
export const figures = {
  /** Acknowledged, or stored, in a second. */
  perSecond: 'events/s',
  /** Processor time of the subject alone, its child processes included. */
  cpuSecondsPerMillion: 'CPU s per million events',
  p50Ms: 'p50, ms',
  p99Ms: 'p99, ms',
  p999Ms: 'p99.9, ms',
  /** Resident, as the kernel counts it. */
  peakMiB: 'peak memory, MiB',
  readyMs: 'ms',
  /** Responses other than 2xx, and connections that broke. */
  errors: 'errors',
} as const;

export type Figure = keyof typeof figures;

/** In the order of columns. */
export const figureNames = Object.keys(figures) as readonly Figure[];

/** One subject in one scenario of one round, with the figures that it has. */
export type Sample = {
  readonly scenario: string;
  /** What was measured: `headwater`, or what it is compared with. */
  readonly subject: string;
  readonly round: number;
} & { readonly [Name in Figure]?: number };

/** What a figure must be; of each round the ratio, and of those the median, is held against it. */
export interface Goal {
  readonly scenario: string;
  /** @default headwater */
  readonly subject?: string;
  readonly figure: Figure;
  /** The subject it is divided by. @default none: the figure itself */
  readonly dividedBy?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  /** What the bars of its plot show. */
  readonly plotted: Figure;
  readonly goals: readonly Goal[];
  /** Whether what is measured depends on the lab's brokers, which are warmed up then. @default true */
  readonly usesBrokers?: boolean;
  /** Measures every subject once, interleaved with the others. */
  readonly round: (
    lab: Lab,
    options: { readonly round: number; readonly quick: boolean },
  ) => Promise<Sample[]>;
}
