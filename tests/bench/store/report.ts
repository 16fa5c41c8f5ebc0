import type { Machine } from '../kafka-clients/machine.ts';
import type { Cost } from '../kafka-clients/clock.ts';
import type { StoreCost } from './headwater.ts';

/** What stores, or only reads, a backlog. */
export const contenders = ['ConsumerPerformance', 'none', 'gzip', 'zstd'] as const;
export type Contender = (typeof contenders)[number];

export interface Round {
  /** Of the last minute, before the round. */
  readonly load: number;
  readonly costs: Readonly<Record<Contender, Cost & Partial<StoreCost>>>;
}

export interface StoreResults {
  readonly machine: Machine;
  readonly events: number;
  readonly rounds: readonly Round[];
}

/** Least share of ConsumerPerformance's rate, of the same round. */
const GOALS = { none: 0.8, gzip: 0.25, zstd: 0.5 } as const;

interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function renderReport({ machine, events, rounds }: StoreResults): string {
  const { processor, cores, memoryGiB, system, node, date } = machine;
  const loads = spread(rounds.map(({ load }) => load));
  const of = (
    contender: Contender,
    figure: 'recordsPerSecond' | 'cpuSecondsPerMillion' | 'peakMiB',
  ): string => {
    const figures = rounds.flatMap(({ costs }) => costs[contender][figure] ?? []);
    return figures.length === 0 ? '–' : format(spread(figures), 0);
  };
  const ratio = (contender: Contender): Spread =>
    spread(
      rounds.map(
        ({ costs }) => costs[contender].recordsPerSecond / costs.ConsumerPerformance.recordsPerSecond,
      ),
    );
  const verdict = (contender: Contender): string => {
    if (contender === 'ConsumerPerformance') return '';
    const goal = GOALS[contender];
    return `≥ ${goal}: ${ratio(contender).median >= goal ? 'reached' : 'missed'}`;
  };
  const name = (contender: Contender): string =>
    contender === 'ConsumerPerformance' ? 'ConsumerPerformance, reads only' : `our consumer, ${contender}`;
  return [
    '# Storing a backlog, measured',
    '',
    `Made by \`npm run bench:store\` on ${date}: ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}.`,
    `Three brokers, ZooKeeper and the S3 server on the same machine; ${events.toLocaleString('en')} events of 1 KiB in 6 partitions, replication 3.`,
    `${rounds.length} rounds, in each of which all take turns; medians, with the lowest and the highest round in brackets.`,
    `The machine was not idle besides: its load before a round was ${format(loads, 1)}.`,
    '',
    '| | records/s | share of ConsumerPerformance | goal | CPU s per million | peak RSS (MiB) |',
    '| --- | --- | --- | --- | --- | --- |',
    ...contenders.map(
      (contender) =>
        `| ${name(contender)} | ${of(contender, 'recordsPerSecond')} | ${format(ratio(contender), 2)} | ${verdict(contender)} | ${of(contender, 'cpuSecondsPerMillion')} | ${of(contender, 'peakMiB')} |`,
    ),
    '',
    'Ours are timed from the first fetch until the last record stands in the store, ConsumerPerformance by itself, without',
    'the time of joining its group; its processor time is that of its whole run, the start of Java included.',
    '',
  ].join('\n');
}

function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { median, low: at(0), high: at(sorted.length - 1) };
}

function format({ median, low, high }: Spread, digits: number): string {
  const text = (figure: number): string => figure.toLocaleString('en', { maximumFractionDigits: digits });
  return `${text(median)} (${text(low)}–${text(high)})`;
}
