import type { Bench, Goal, Sample } from './bench.ts';

/** The median of some rounds, with the lowest and the highest. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface Verdict {
  readonly goal: Goal;
  /** Undefined where nothing was measured, which misses the goal. */
  readonly spread: Spread | undefined;
  readonly reached: boolean;
}

export function spreadOf(figures: readonly number[]): Spread | undefined {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (lowest === undefined || highest === undefined || low === undefined || high === undefined)
    return undefined;
  return { median: (low + high) / 2, lowest, highest };
}

/** Holds each goal against the ratios of the rounds. */
export function judge({ goals }: Bench, samples: readonly Sample[]): Verdict[] {
  return goals.map((goal) => {
    const { atLeast = -Infinity, atMost = Infinity } = goal;
    const spread = spreadOf(ratios(goal, samples));
    const reached = spread !== undefined && spread.median >= atLeast && spread.median <= atMost;
    return { goal, spread, reached };
  });
}

function ratios({ scenario, figure, dividedBy }: Goal, samples: readonly Sample[]): number[] {
  const find = (subject: string, round: number) =>
    samples.find(
      (sample) => sample.scenario === scenario && sample.subject === subject && sample.round === round,
    )?.[figure];
  const rounds = [...new Set(samples.map(({ round }) => round))];
  return rounds.flatMap((round) => {
    const own = find('headwater', round);
    const other = dividedBy === undefined ? 1 : find(dividedBy, round);
    return own === undefined || other === undefined ? [] : [own / other];
  });
}
