import type { Verification } from '../verify.ts';
import type { Figures } from './figures.ts';
import type { Running } from './state.ts';

/** Final figures of one run; `--json` prints them unchanged. */
export interface Report {
  /** True if every event was accepted and is stored exactly once, and every chain is whole. */
  readonly ok: boolean;
  readonly accepted: number;
  readonly stored: number;
  readonly missing: number;
  readonly duplicate: number;
  /** Written during the run. */
  readonly objects: number;
  /** From the first event sent until the last one was found in the store. */
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** Events that were refused permanently, or given up. */
  readonly failed: number;
  /** Attempts with unknown outcome; each was sent again. */
  readonly unknownAttempts: number;
  /** Violations by kind with their count, over everything below the prefix. */
  readonly violations: Readonly<Record<string, number>>;
}

export interface ReportSources {
  readonly verification: Verification;
  readonly objects: number;
  readonly seconds: number;
  readonly failed: number;
}

export function buildReport({ verification, objects, seconds, failed }: ReportSources): Report {
  const { ok, accepted, stored, storedUnknown, missing, duplicate, unknown, violations } = verification;
  return {
    ok: ok && failed === 0,
    accepted,
    // Without attempts that the client did not count as accepted, so that the two can be compared.
    stored: stored - storedUnknown,
    missing,
    duplicate,
    objects,
    seconds: Math.round(seconds * 10) / 10,
    eventsPerSecond: seconds > 0 ? Math.round(accepted / seconds) : 0,
    failed,
    unknownAttempts: unknown,
    violations: Object.fromEntries(violations.map(({ name, count }) => [name, count])),
  };
}

/** The closing table; rows that tell of trouble only where there was some. */
export function renderReport(report: Report): string {
  const { accepted, stored, missing, duplicate, objects, seconds, eventsPerSecond } = report;
  const rows: [string, number][] = [
    ['accepted', accepted],
    ['stored', stored],
    ['missing', missing],
    ['duplicate', duplicate],
    ['objects', objects],
    ['seconds', seconds],
    ['events per second', eventsPerSecond],
    ...(report.failed > 0 ? ([['not accepted', report.failed]] satisfies [string, number][]) : []),
    ...Object.entries(report.violations),
  ];
  return rows.map(([name, value]) => `${name.padEnd(20)}${grouped(value).padStart(12)}`).join('\n');
}

export function renderFigures({ accepted, stored, lag, objects }: Figures): string {
  return `accepted ${grouped(accepted)}   stored ${grouped(stored)}   lag ${grouped(lag)}   objects ${grouped(objects)}`;
}

/** Where to post, and where the objects are. */
export function renderRunning({ producer, kafka, objects }: Running, directory: string): string {
  return [
    `post events to   ${producer}/upload`,
    `   for example   curl --json '{"hello":"world"}' ${producer}/upload`,
    `objects          ${objects}`,
    `Kafka            ${kafka}`,
    `logs             ${directory}/*.log, ${directory}/*/*.log`,
    'status           npx headwater status, or with --serve in a browser',
  ].join('\n');
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
