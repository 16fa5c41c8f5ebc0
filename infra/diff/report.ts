import type { Cause } from './causes/cause.ts';
import type { Change } from './changes.ts';
import { CONSEQUENCES, worstOf, type Consequence } from './consequences.ts';
import type { Restart } from './restarts.ts';

/** One side of the comparison, as a reader knows it. */
export interface SideName {
  /** The revision of the command line, or `the working tree`. */
  readonly name: string;
  readonly commit?: string;
  /** True if the side includes uncommitted changes. */
  readonly dirty?: boolean;
}

export interface Report {
  readonly base: SideName;
  readonly head: SideName;
  readonly environments: readonly string[];
  readonly changes: readonly Change[];
  /** The causes of all {@link changes}. */
  readonly causes: readonly Cause[];
  /** Why the head's code could not run; the code is then the cause of every change. */
  readonly causesError?: string;
  /** Why the base does not synthesize; the report then has no changes, only the head. */
  readonly baseError?: string;
  /** Number of objects of the head, by environment. */
  readonly objects: Readonly<Record<string, number>>;
  /** Identifiers of the changes and causes that a reviewer approved. */
  readonly approved: readonly string[];
  /** Approvals that match no change and no cause. */
  readonly unusedApprovals: readonly string[];
}

/** Sorts by consequence, worst first; keeps the order of the objects within a consequence. */
export function sortChanges(changes: readonly Change[]): readonly Change[] {
  return [...changes].sort((a, b) => rank(a.consequence) - rank(b.consequence));
}

function rank(consequence: Consequence): number {
  return CONSEQUENCES.indexOf(consequence);
}

export interface EnvironmentSummary {
  readonly environment: string;
  readonly worst: Consequence;
  readonly counts: readonly { readonly consequence: Consequence; readonly count: number }[];
  /** Each workload once, even if several changes restart it. */
  readonly restarts: readonly string[];
}

export function summarize({ environments, changes }: Report): readonly EnvironmentSummary[] {
  return environments.map((environment) => {
    const own = changes.filter((change) => change.environments.includes(environment));
    const restarts = new Map(
      own.flatMap((change) =>
        (change.restarts[environment] ?? []).map((restart) => [restart.workload, restart]),
      ),
    );
    return {
      environment,
      worst: worstOf(own.map(({ consequence }) => consequence)),
      counts: CONSEQUENCES.map((consequence) => ({
        consequence,
        count: own.filter((change) => change.consequence === consequence).length,
      })).filter(({ count }) => count > 0),
      restarts: [...restarts.values()].map(restartText),
    };
  });
}

/** `StatefulSet headwater/kafka: 3 pods, one by one, about 2 min, at most 10 min` */
export function restartText({ workload, pods, order, seconds }: Restart): string {
  return `${workload}: ${pods}, ${order}, about ${durationText(seconds.about)}, at most ${durationText(seconds.atMost)}`;
}

/** `90 s`, `12 min`, `3 h` */
function durationText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Whether a reviewer approved the change or its cause. */
export function isApproved({ id, cause }: Change, { approved }: Pick<Report, 'approved'>): boolean {
  return approved.includes(id) || (cause !== undefined && approved.includes(cause));
}

/** Returns the changes that fail the gate. */
export function refusedChanges(report: Report, failOn: readonly Consequence[]): readonly Change[] {
  return report.changes.filter(
    (change) => failOn.includes(change.consequence) && !isApproved(change, report),
  );
}
