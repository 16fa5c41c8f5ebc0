import type { Bench, Figure, Goal, Sample } from './bench.ts';

/** The median of some rounds, with the lowest and the highest. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface GoalResult {
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
export function evaluate({ goals }: Bench, samples: readonly Sample[]): GoalResult[] {
  return goals.map((goal) => {
    const { atLeast = -Infinity, atMost = Infinity } = goal;
    const spread = spreadOf(ratios(goal, samples));
    const reached = spread !== undefined && spread.median >= atLeast && spread.median <= atMost;
    return { goal, spread, reached };
  });
}

function ratios(
  { scenario, subject = 'headwater', figure, dividedBy }: Goal,
  samples: readonly Sample[],
): number[] {
  const find = (name: string, round: number) =>
    samples.find(
      (sample) => sample.scenario === scenario && sample.subject === name && sample.round === round,
    )?.[figure];
  return roundsOf(samples).flatMap((round) => {
    const own = find(subject, round);
    const other = dividedBy === undefined ? 1 : find(dividedBy, round);
    return own === undefined || other === undefined ? [] : [own / other];
  });
}

/** The number of each round that was measured. */
export function roundsOf(samples: readonly Sample[]): readonly number[] {
  return [...new Set(samples.map(({ round }) => round))];
}

/** Each subject of each scenario, in the order of the samples, with the rounds of it. */
export function bySubject(
  samples: readonly Sample[],
): readonly { readonly scenario: string; readonly subject: string; readonly rounds: readonly Sample[] }[] {
  const groups = Map.groupBy(samples, ({ scenario, subject }) => JSON.stringify([scenario, subject]));
  return [...groups.values()].flatMap((rounds) => {
    const [first] = rounds;
    return first === undefined ? [] : [{ scenario: first.scenario, subject: first.subject, rounds }];
  });
}

/** Of one figure over some rounds; undefined where none of them has it. */
export function figureOf(rounds: readonly Sample[], figure: Figure): Spread | undefined {
  return spreadOf(rounds.flatMap(({ [figure]: value }) => (value === undefined ? [] : [value])));
}

export function formatFigure(figure: number): string {
  return figure.toLocaleString('en', { maximumSignificantDigits: figure < 1_000 ? 3 : 5 });
}

export function formatSpread({ median, lowest, highest }: Spread): string {
  return `${formatFigure(median)} (${formatFigure(lowest)}–${formatFigure(highest)})`;
}
