import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Alert } from '../../../infra/constructs/cluster/monitoring.ts';

/** What a series shows: a constant, a counter that grows, no sample at all, or samples as promtool writes them. */
export type Value = number | 'absent' | { readonly perMinute: number } | { readonly samples: string };

/** What every series shows until the fault begins, and from then on. */
export interface Scenario {
  readonly title: string;
  readonly series: ReadonlyMap<string, readonly [before: Value, after: Value]>;
  /** How long nothing was wrong. @default 10 */
  readonly healthyMinutes?: number;
  readonly asked: readonly Question[];
}

/** What must be firing, at a time. */
export interface Question {
  /** Minutes since the fault began. */
  readonly minute: number;
  /** Name of the one alert that is asked about. @default all of them */
  readonly about?: string;
  readonly firing: readonly string[];
}

/**
 * Has promtool evaluate alerts, a minute at a time.
 *
 * @returns what was wrong, by the scenario's title
 */
export function evaluate(
  alerts: readonly Alert[],
  scenarios: readonly Scenario[],
): ReadonlyMap<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-alerts-'));
  try {
    const rules = alerts.map(({ name, expression, lasting, severity }) => ({
      alert: name,
      expr: expression,
      for: lasting,
      labels: { severity },
    }));
    writeFileSync(
      join(directory, 'rules.yaml'),
      stringify({ groups: [{ name: 'headwater', interval: '1m', rules }] }),
    );
    writeFileSync(
      join(directory, 'tests.yaml'),
      stringify(
        {
          rule_files: ['rules.yaml'],
          evaluation_interval: '1m',
          tests: scenarios.map((scenario, index) => testGroup(scenario, index)),
        },
        { aliasDuplicateObjects: false, lineWidth: 0 },
      ),
    );
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'tests.yaml'], {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    });
    const failures = failuresOf(stdout + stderr, scenarios);
    if (status !== 0 && failures.size === 0)
      throw new Error(`promtool ended with ${status}: ${stdout}${stderr}`);
    return failures;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function testGroup({ series, healthyMinutes = 10, asked }: Scenario, index: number) {
  const faultyMinutes = Math.max(...asked.map(({ minute }) => minute)) + 1;
  return {
    interval: '1m',
    input_series: [...series].map(([name, [before, after]]) => ({
      series: name,
      values: samples(before, after, healthyMinutes, faultyMinutes),
    })),
    promql_expr_test: asked.map(({ minute, about, firing }) => ({
      expr: `group by (alertname) (ALERTS{alertstate="firing"${about === undefined ? '' : `,alertname="${about}"`}}) # scenario ${index}`,
      eval_time: `${healthyMinutes + minute}m`,
      exp_samples: firing.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
    })),
  };
}

function samples(before: Value, after: Value, healthyMinutes: number, faultyMinutes: number): string {
  const start = typeof before === 'object' && 'perMinute' in before ? before.perMinute * healthyMinutes : 0;
  return `${stretch(before, healthyMinutes, 0)} ${stretch(after, faultyMinutes, start)}`;
}

/** So many samples; promtool's `axn` are one more than n, its `_xn` are n. */
function stretch(value: Value, minutes: number, start: number): string {
  if (value === 'absent') return `stale _x${minutes - 1}`;
  if (typeof value === 'number') return `${value}x${minutes - 1}`;
  if ('samples' in value) return value.samples;
  return `${start}+${value.perMinute}x${minutes - 1}`;
}

function failuresOf(output: string, scenarios: readonly Scenario[]): ReadonlyMap<string, string> {
  const failures = new Map<string, string>();
  // It does not name the group that failed, but the expression, comment and all.
  for (const part of output.split(/^ *expr: "/m).slice(1)) {
    const [, index = '', text = ''] = /# scenario (\d+)", ([^]*)/.exec(part) ?? [];
    const title = scenarios[Number(index)]?.title ?? index;
    failures.set(title, `${failures.get(title) ?? ''}${text.trim()}\n`);
  }
  return failures;
}
