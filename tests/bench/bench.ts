import type { Lab } from './lab.ts';

/** One subject in one scenario of one round. */
export interface Sample {
  readonly scenario: string;
  /** What was measured: `headwater`, or what it is compared with. */
  readonly subject: string;
  readonly round: number;
  /** Events acknowledged in a second. */
  readonly perSecond: number;
  /** Processor time of the subject alone, its child processes included. */
  readonly cpuSecondsPerMillion: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly errors: number;
}

export type Figure = 'perSecond' | 'cpuSecondsPerMillion' | 'p99Ms';

/** What the figure of `headwater` must be; of each round the ratio, and of those the median, is held against it. */
export interface Goal {
  readonly scenario: string;
  readonly figure: Figure;
  /** The subject it is divided by. @default none: the figure itself */
  readonly dividedBy?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  readonly goals: readonly Goal[];
  /** Measures every subject once, interleaved with the others. */
  readonly round: (
    lab: Lab,
    options: { readonly round: number; readonly quick: boolean },
  ) => Promise<Sample[]>;
}
