import type { Cost } from './clock.ts';
import type { Failover } from './failover.ts';
import type { Install } from './install.ts';
import type { Machine } from './machine.ts';
import { clientNames, type ClientName, type Measure } from './packages.ts';

export type Measurement = { client: ClientName; measure: Measure } & Partial<Cost & Failover> & {
    error?: string;
  };

export interface Results {
  machine: Machine;
  installs: Install[];
  failures: string[];
  measurements: Measurement[];
}

const costMeasures = {
  'single-64': '64 single sends at once',
  'single-1000': '1,000 single sends at once',
  batch: 'batches of 500, one at a time for each partition',
  consume: 'reading a backlog',
} as const;

export function renderReport({ machine, installs, failures, measurements }: Results): string {
  const names = clientNames.filter((name) => measurements.some(({ client }) => client === name));
  const of = (client: ClientName, measure: Measure) =>
    measurements.filter((measurement) => measurement.client === client && measurement.measure === measure);
  return [
    '# Kafka clients for Node, measured',
    '',
    `Made by \`npx headwater bench clients\` on ${machine.date}: ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node};`,
    'three brokers and ZooKeeper on the same machine, 6 partitions, replication 3, min.insync 2, acks=all, idempotent, values of 1 KiB.',
    'Medians, with the lowest and highest round in brackets. A backlog is timed from the first record: what has been fetched by then comes free.',
    ...Object.entries(costMeasures).flatMap(([measure, title]) => [
      '',
      `## ${title[0]?.toUpperCase() ?? ''}${title.slice(1)}`,
      '',
      ...table(
        ['client', 'records/s', 'CPU s per million records', 'rounds'],
        names.flatMap((name) => {
          const found = of(name, measure as Measure);
          if (found.length === 0) return [];
          const row = [
            name,
            spread(found, 'recordsPerSecond'),
            spread(found, 'cpuSecondsPerMillion'),
            rounds(found),
          ];
          return [row];
        }),
      ),
    ]),
    '',
    '## The leader of a partition gets SIGKILL at 6,000 records/s',
    '',
    ...table(
      [
        'client',
        'gap, one partition (s)',
        'gap, all (s)',
        'sent',
        'rejected',
        'of them stored',
        'unanswered',
        'acknowledged, lost',
        'duplicates',
        'rounds',
      ],
      names.map((name) => {
        const found = of(name, 'failover');
        return [
          name,
          spread(found, 'longestPartitionGapMs', 1_000),
          spread(found, 'longestGapMs', 1_000),
          ...(['sent', 'rejected', 'rejectedButStored', 'unanswered', 'lost', 'duplicates'] as const).map(
            (key) => each(found, key),
          ),
          rounds(found),
        ];
      }),
    ),
    '',
    '## Installing',
    '',
    ...table(
      ['package', 'version', 'seconds', 'MiB', 'packages'],
      installs.map((install) => [
        install.package,
        install.version,
        install.seconds.toFixed(0),
        (install.bytes / 2 ** 20).toFixed(0),
        String(install.packages),
      ]),
    ),
    ...failures.flatMap((failure) => ['', '```', failure, '```']),
    '',
  ].join('\n');
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

type Figure = Exclude<keyof (Cost & Failover), 'firstError'>;

/** The median, with the lowest and the highest in brackets. */
function spread(measurements: Measurement[], key: Figure, divisor = 1): string {
  const figures = measurements
    .flatMap(({ [key]: value }) => (value === undefined ? [] : [value / divisor]))
    .sort((a, b) => a - b);
  if (figures.length === 0) return '–';
  const at = (index: number) => figures[index] ?? NaN;
  const middle = (figures.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return `${format(median)} (${format(at(0))}–${format(at(figures.length - 1))})`;
}

function format(figure: number): string {
  return figure.toLocaleString('en', { maximumFractionDigits: figure < 100 ? 1 : 0 });
}

/** Counts that must be zero are shown round by round: a median would hide the one that was not. */
function each(measurements: Measurement[], key: Figure): string {
  return measurements
    .map(({ [key]: value }) => (value === undefined ? '–' : value.toLocaleString('en')))
    .join(' / ');
}

function rounds(measurements: Measurement[]): string {
  const failed = measurements.filter(({ error }) => error !== undefined).length;
  return failed === 0 ? String(measurements.length) : `${measurements.length}, of which ${failed} failed`;
}
