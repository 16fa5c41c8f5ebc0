import { figureNames, figures, type Bench } from './bench.ts';
import {
  bySubject,
  figureOf,
  formatFigure,
  formatSpread,
  evaluate,
  roundsOf,
  type GoalResult,
} from './evaluate.ts';
import type { Results } from './results.ts';

/** Every figure, then every goal with its ratio and whether it is reached. */
export function renderReport(bench: Bench, { machine, quick, samples }: Results): string {
  const rounds = roundsOf(samples).length;
  const { cores, processor, memoryGiB, node, date, loadAverage } = machine;
  return [
    `${bench.name}: ${bench.title}`,
    `  ${date}, ${cores} cores (${processor}), ${memoryGiB} GiB, Node ${node}; ${rounds} rounds${quick ? ', quick' : ''}; ` +
      `load average of the machine before: ${loadAverage}`,
    ...bySubject(samples).map(({ scenario, subject, rounds: own }) => {
      const cells = figureNames.flatMap((figure) => {
        const spread = figureOf(own, figure);
        return spread === undefined ? [] : [`${formatSpread(spread)} ${figures[figure]}`];
      });
      return `  ${scenario}, ${subject}: ${cells.join('; ')}`;
    }),
    ...evaluate(bench, samples).map((result) => `  ${renderResult(result)}`),
  ].join('\n');
}

/** What is compared, what it came to, and what it must be. */
export function resultCells({ goal, spread }: GoalResult): readonly [string, string, string] {
  const { scenario, subject = 'headwater', figure, dividedBy, atLeast, atMost } = goal;
  const ratio = dividedBy === undefined ? '' : `, ${subject} / ${dividedBy}`;
  const bound =
    atLeast === undefined ? `at most ${formatFigure(atMost ?? NaN)}` : `at least ${formatFigure(atLeast)}`;
  const got = spread === undefined ? 'not measured' : formatSpread(spread);
  return [`${scenario}: ${figures[figure]}${ratio}`, got, bound];
}

function renderResult(result: GoalResult): string {
  const [what, got, bound] = resultCells(result);
  return `${result.reached ? 'reached' : 'MISSED '}  ${what}: ${got}, ${bound}`;
}
