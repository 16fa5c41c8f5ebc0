import {
  renderCount,
  renderDuration,
  renderRate,
  type PartitionStatus,
  type ProgramStatus,
  type StatusReport,
} from './report.ts';

/** The shortest of the times until Kafka deletes a record that is not stored. */
export function soonestLoss(partitions: readonly PartitionStatus[]): number | undefined {
  const seconds = partitions.flatMap(({ secondsUntilLoss }) => secondsUntilLoss ?? []);
  return seconds.length === 0 ? undefined : Math.min(...seconds);
}

export function sumOfLags(partitions: readonly PartitionStatus[]): number | undefined {
  const lags = partitions.flatMap(({ lag }) => lag ?? []);
  return lags.length === 0 ? undefined : lags.reduce((sum, lag) => sum + lag, 0);
}

/** What the figures of a pipeline mean, by name; the same for the terminal and the page. */
export function renderSummary(report: StatusReport): readonly (readonly [name: string, value: string])[] {
  const { rates, partitions, retentionSeconds, objects, kafkaAway } = report;
  const perSecond = (rate: number | undefined): string =>
    rate === undefined ? '?' : `${renderRate(rate)} events/s`;
  const loss = soonestLoss(partitions);
  const none = kafkaAway === undefined ? 'nothing waits' : '?';
  const kept =
    retentionSeconds === undefined ? '' : `; Kafka keeps events ${renderDuration(retentionSeconds)}`;
  return [
    ['accepted', perSecond(rates.accepted)],
    ['refused', perSecond(rates.refused)],
    ['stored', perSecond(rates.stored)],
    ['not stored yet', `${renderCount(sumOfLags(partitions))} records`],
    ['until loss', `${loss === undefined ? none : renderDuration(loss)}${kept}`],
    ['objects', `${renderCount(objects)} since the consumer started`],
  ];
}

export const PARTITION_COLUMNS = [
  'partition',
  'chain end',
  'log end',
  'lag',
  'waiting',
  'until loss',
  'state',
];

/** Cells of the row of a partition. */
export function renderPartition(status: PartitionStatus): string[] {
  const { partition, stored, logEnd, lag, waitingSeconds, secondsUntilLoss, state } = status;
  const duration = (seconds: number | undefined): string =>
    seconds === undefined ? '-' : renderDuration(seconds);
  return [
    String(partition),
    renderCount(stored),
    renderCount(logEnd),
    renderCount(lag),
    duration(waitingSeconds),
    duration(secondsUntilLoss),
    { owned: 'stored by the consumer', stopped: 'stopped', unowned: 'no consumer', unknown: '?' }[state],
  ];
}

export function renderProgram({ state, reason }: ProgramStatus): string {
  return { ready: 'ready', 'not-ready': `not ready: ${reason ?? ''}`, away: 'does not answer' }[state];
}

/** @returns the sentence that a person needs first */
export function renderHeadline({ problems }: StatusReport): string {
  if (problems.length === 0) return 'nothing is wrong';
  return problems.length === 1 ? '1 thing is wrong' : `${problems.length} things are wrong`;
}

export function renderStatus(report: StatusReport): string {
  const { partitions, programs, versions, problems } = report;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rows = [
    ...renderSummary(report),
    ...programs.map((program) => [program.name, renderProgram(program)] as const),
    ['versions', names.join(', ')] as const,
  ];
  return [
    ...problems.flatMap(({ text, runbook }) => [`WRONG: ${text}`, `       docs/runbooks/${runbook}`]),
    ...(problems.length === 0 ? [renderHeadline(report)] : []),
    '',
    ...rows.map(([name, value]) => `${name.padEnd(17)}${value}`),
    'rates are of the last minute, and known ten seconds after the start',
    '',
    ...alignRight([PARTITION_COLUMNS, ...partitions.map(renderPartition)]),
  ].join('\n');
}

/** Figures to the right; the last column is text. */
function alignRight(rows: readonly (readonly string[])[]): string[] {
  const widths = PARTITION_COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
