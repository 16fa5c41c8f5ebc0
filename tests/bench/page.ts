import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replacePlaces } from '../docs/places.ts';
import { figureNames, figures, type Bench } from './bench.ts';
import { benches } from './benches.ts';
import { bySubject, figureOf, formatSpread, evaluate, roundsOf } from './evaluate.ts';
import { resultCells } from './report.ts';
import { readResults, type Results } from './results.ts';

interface Measured {
  readonly bench: Bench;
  readonly results: Results | undefined;
}

/** The pages of performance, by name, with the tables that the committed results make; the rest is written by hand. */
export function readPerformancePages(root: string): readonly (readonly [string, string])[] {
  const measured = benches.map((bench) => ({ bench, results: readResults(bench.name) }));
  const page = (name: string, places: Readonly<Record<string, string>>) =>
    [name, replacePlaces(name, readFileSync(join(root, 'docs', name), 'utf8'), places)] as const;
  return [
    page('performance.md', { goals: goalsTable(measured) }),
    page('performance-notes.md', { figures: measured.map(section).join('\n') }),
  ];
}

function goalsTable(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ bench, results }) =>
    evaluate(bench, results?.samples ?? []).map((result) => {
      const [what, got, bound] = resultCells(result);
      return `| ${bench.name} | ${what} | ${got} | ${bound} | ${result.reached ? 'reached' : '**missed**'} |\n`;
    }),
  );
  return `| Bench | What | Measured | Goal | |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}

function section({ bench, results }: Measured): string {
  const heading = `### ${bench.title}\n\n\`npm run bench -- ${bench.name}\`: `;
  if (results === undefined) return `${heading}not measured.\n`;
  const { machine, samples } = results;
  const used = figureNames.filter((figure) => figureOf(samples, figure) !== undefined);
  const rounds = roundsOf(samples).length;
  const rows = bySubject(samples).map(({ scenario, subject, rounds: own }) => {
    const cells = used.map((figure) => {
      const spread = figureOf(own, figure);
      return spread === undefined ? '' : formatSpread(spread);
    });
    return `| ${[scenario, subject, ...cells].join(' | ')} |\n`;
  });
  const titles = ['Scenario', 'Subject', ...used.map((figure) => figures[figure])];
  return (
    `${heading}${rounds} ${rounds === 1 ? 'round' : 'rounds'} on ${machine.date}, ${machine.cores} cores ` +
    `(${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; ` +
    `load average before: ${machine.loadAverage}.\n\n` +
    `| ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length)}\n${rows.join('')}\n` +
    `![${bench.title}](../tests/bench/results/${bench.name}.svg)\n`
  );
}
