import type { Bench } from './bench.ts';
import { judge, spreadOf, type Spread, type Verdict } from './judge.ts';
import type { Results } from './results.ts';

const figures = {
  perSecond: 'events/s',
  cpuSecondsPerMillion: 'CPU s per million events',
  p99Ms: 'p99, ms',
} as const;

/** Every figure, then every goal with its ratio and whether it is reached. */
export function renderReport(bench: Bench, { machine, quick, samples }: Results): string {
  const rounds = new Set(samples.map(({ round }) => round)).size;
  const { cores, processor, memoryGiB, node, date, loadAverage } = machine;
  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  return [
    `${bench.name}: ${bench.title}`,
    `  ${date}, ${cores} cores (${processor}), ${memoryGiB} GiB, Node ${node}; ${rounds} rounds${quick ? ', quick' : ''}; ` +
      `load average of the machine before: ${loadAverage}; ${errors} errors`,
    ...rows(samples),
    ...judge(bench, samples).map((verdict) => `  ${renderVerdict(verdict)}`),
  ].join('\n');
}

export function renderVerdict({ goal, spread, reached }: Verdict): string {
  const { scenario, figure, dividedBy, atLeast, atMost } = goal;
  const what = dividedBy === undefined ? figures[figure] : `${figures[figure]}, headwater / ${dividedBy}`;
  const bound = atLeast === undefined ? `at most ${format(atMost ?? NaN)}` : `at least ${format(atLeast)}`;
  const got = spread === undefined ? 'not measured' : renderSpread(spread);
  return `${reached ? 'reached' : 'MISSED '}  ${scenario}: ${what}: ${got}, ${bound}`;
}

function rows(samples: Results['samples']): string[] {
  const keys = [...new Set(samples.map(({ scenario, subject }) => JSON.stringify([scenario, subject])))];
  return keys.map((key) => {
    const [scenario, subject] = JSON.parse(key) as [string, string];
    const own = samples.filter((sample) => sample.scenario === scenario && sample.subject === subject);
    const cells = (['perSecond', 'cpuSecondsPerMillion', 'p99Ms'] as const).flatMap((figure) => {
      const spread = spreadOf(own.flatMap(({ [figure]: value }) => (value === undefined ? [] : [value])));
      return spread === undefined ? [] : [`${renderSpread(spread)} ${figures[figure]}`];
    });
    return `  ${scenario}, ${subject}: ${cells.join('; ')}`;
  });
}

function renderSpread({ median, lowest, highest }: Spread): string {
  return `${format(median)} (${format(lowest)}–${format(highest)})`;
}

function format(figure: number): string {
  return figure.toLocaleString('en', { maximumSignificantDigits: figure < 1_000 ? 3 : 5 });
}
