import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, Progress } from '../local/host.ts';
import { readApprovals, unusedApprovals, type Approval } from './approvals.ts';
import { mergeAttributions, type EnvironmentSide, type EnvironmentSides } from './causes/attribute.ts';
import { findCauses, type FoundCauses } from './causes/find-causes.ts';
import { findLines } from './causes/source-lines.ts';
import { provideDependencies } from './dependencies.ts';
import { Git } from './git.ts';
import { maskText } from './mask/mask-text.ts';
import type { DiffOptions } from './options.ts';
import { sortChanges, type Report, type SideName } from './report.ts';
import { synthesize, type Synthesized } from './synthesize.ts';
import { requireEnvironment } from './what-if/what-if.ts';

/** The file with the approvals of a revision. */
const APPROVALS = 'infra/diff/approvals.json';

interface Side {
  readonly name: SideName;
  readonly approvals: readonly Approval[];
  /** Directory of its sources; exists until the comparison ends. */
  readonly checkout: string;
  readonly synthesized: Synthesized;
}

/** Two sides. Each call of `report` reads the head again. */
export interface Comparison {
  /** @throws {Error} if nothing can be compared */
  report(): Promise<Report>;
  /** Removes its temporary files. */
  close(): Promise<void>;
}

/**
 * Compares two revisions of the repository at `root`. Synthesizes the base once, and the head for every report.
 *
 * @throws {Error} if nothing can be compared: no repository, an unknown revision, a head that does not synthesize
 */
export async function openRevisions(
  root: string,
  { base: name, ...options }: DiffOptions & { readonly base: string },
  host: Host,
  progress: Progress,
): Promise<Comparison> {
  const git = new Git(root);
  await git.requireRepository();
  const base = await git.resolve('--base', name);
  const head = options.head === undefined ? undefined : await git.resolve('--head', options.head);
  const directory = await mkdtemp(join(tmpdir(), 'headwater-diff-'));
  const worktrees: string[] = [];
  const context = { git, root, directory, worktrees, options, host, progress };
  let synthesizedBase: Promise<PromiseSettledResult<Side>> | undefined;
  return {
    report: async () => {
      synthesizedBase ??= settled(synthesizeCommit(context, name, base, 'base'));
      const [before, after] = await Promise.all([
        synthesizedBase,
        settled(
          head === undefined || options.head === undefined
            ? synthesizeWorkingTree(context)
            : synthesizeCommit(context, options.head, head, 'head'),
        ),
      ]);
      if (after.status === 'rejected')
        throw new Error(`the head does not synthesize: ${textOf(after.reason)}`);
      const sides = before.status === 'fulfilled' ? sidesOf(before.value, after.value) : [];
      requireEnvironments(options.environments, [before, after]);
      const found = await findCauses(after.value.checkout, sides);
      const report = makeReport(before, after.value, found, { name, commit: base }, options);
      return { ...report, causes: await findLines(after.value.checkout, report.causes) };
    },
    close: async () => {
      for (const worktree of worktrees) await git.removeWorktree(worktree);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function settled<Value>(promise: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}

/** An environment may be new or removed, but one side must have it. */
function requireEnvironments(names: readonly string[], sides: readonly PromiseSettledResult<Side>[]): void {
  const known = sides.flatMap((side) =>
    side.status === 'fulfilled' ? Object.keys(side.value.synthesized.values) : [],
  );
  for (const name of names) requireEnvironment(name, [...new Set(known)].sort());
}

/** Returns every environment of either side. */
function sidesOf(before: Side, after: Side): readonly EnvironmentSides[] {
  const sideOf = (
    { synthesized: { manifests, values } }: Side,
    name: string,
  ): EnvironmentSide | undefined => {
    const objects = manifests[name];
    return objects && { objects, value: values[name] ?? null };
  };
  const names = [before, after].flatMap(({ synthesized }) => Object.keys(synthesized.manifests));
  return [...new Set(names)].sort().map((environment) => {
    const [old, young] = [sideOf(before, environment), sideOf(after, environment)];
    return { environment, ...(old && { before: old }), ...(young && { after: young }) };
  });
}

function makeReport(
  before: PromiseSettledResult<Side>,
  { name, approvals, synthesized: { manifests } }: Side,
  { attributions, error }: FoundCauses,
  base: SideName,
  { approved }: ReportOptions,
): Report {
  const { changes, causes } = mergeAttributions(attributions);
  return {
    base,
    head: name,
    environments: [...new Set([...Object.keys(manifests), ...attributions.keys()])].sort(),
    changes: sortChanges(changes),
    causes,
    ...(error !== undefined && { causesError: maskText(error) }),
    ...(before.status === 'rejected' && { baseError: textOf(before.reason) }),
    objects: Object.fromEntries(
      Object.entries(manifests).map(([environment, objects]) => [environment, objects.length]),
    ),
    approved: [...approvals.map(({ id }) => id), ...approved],
    unusedApprovals: unusedApprovals(approvals, [...changes, ...causes]).map(
      ({ id, change }) => `${id} (${change})`,
    ),
  };
}

type ReportOptions = Pick<DiffOptions, 'environments' | 'approvals' | 'approved'>;

interface SynthesisContext {
  readonly git: Git;
  readonly root: string;
  readonly directory: string;
  /** The worktrees to remove at the end, including incomplete ones. */
  readonly worktrees: string[];
  readonly options: ReportOptions;
  readonly host: Host;
  readonly progress: Progress;
}

async function synthesizeWorkingTree(context: SynthesisContext): Promise<Side> {
  const { git, root, directory, options, host } = context;
  const [dirty, synthesized] = await Promise.all([
    git.isDirty(),
    synthesize(root, join(directory, 'working-tree'), options.environments, host),
  ]);
  return {
    name: { name: 'the working tree', ...(dirty && { dirty }) },
    approvals: await findApprovals(root, options),
    checkout: root,
    synthesized,
  };
}

async function synthesizeCommit(
  { git, root, directory, worktrees, options, host, progress }: SynthesisContext,
  name: string,
  commit: string,
  side: 'base' | 'head',
): Promise<Side> {
  const checkout = join(directory, `${side}-checkout`);
  worktrees.push(checkout);
  await git.addWorktree(checkout, commit);
  await provideDependencies(checkout, root, host, progress);
  return {
    name: { name, commit },
    approvals: side === 'head' ? await findApprovals(checkout, options) : [],
    checkout,
    synthesized: await synthesize(checkout, join(directory, side), options.environments, host),
  };
}

async function findApprovals(checkout: string, { approvals }: ReportOptions): Promise<readonly Approval[]> {
  const file = approvals ?? join(checkout, APPROVALS);
  if (approvals === undefined && !existsSync(file)) return [];
  return readApprovals(approvals ?? APPROVALS, await readFile(file, 'utf8'));
}

/** Masked, because the message of a synthesis may contain the values that it refuses. */
function textOf(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}
