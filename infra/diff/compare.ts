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

/** Where the approvals of a revision stand. */
const APPROVALS = 'infra/diff/approvals.json';

interface Side {
  readonly name: SideName;
  readonly approvals: readonly Approval[];
  /** Where its sources are, until the comparison is over. */
  readonly checkout: string;
  readonly synthesized: Synthesized;
}

/**
 * Synthesizes both revisions of the repository at `root` and compares them.
 *
 * @throws {Error} where nothing can be compared: no repository, an unknown revision, a head that does not synthesize
 */
export async function compareRevisions(
  root: string,
  options: DiffOptions,
  host: Host,
  progress: Progress,
): Promise<Report> {
  const git = new Git(root);
  await git.requireRepository();
  const base = await git.resolve('--base', options.base);
  const head = options.head === undefined ? undefined : await git.resolve('--head', options.head);
  const directory = await mkdtemp(join(tmpdir(), 'headwater-diff-'));
  const worktrees: string[] = [];
  try {
    const scene = { git, root, directory, worktrees, options, host, progress };
    const [before, after] = await Promise.allSettled([
      synthesizeCommit(scene, options.base, base, 'base'),
      head === undefined || options.head === undefined
        ? synthesizeWorkingTree(scene)
        : synthesizeCommit(scene, options.head, head, 'head'),
    ]);
    if (after.status === 'rejected') throw new Error(`the head does not synthesize: ${textOf(after.reason)}`);
    const sides = before.status === 'fulfilled' ? sidesOf(before.value, after.value) : [];
    const found = await findCauses(after.value.checkout, sides);
    const report = makeReport(before, after.value, found, { name: options.base, commit: base }, options);
    return { ...report, causes: await findLines(after.value.checkout, report.causes) };
  } finally {
    for (const worktree of worktrees) await git.removeWorktree(worktree);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Every environment that either side has. */
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
  { approved }: DiffOptions,
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

interface Scene {
  readonly git: Git;
  readonly root: string;
  readonly directory: string;
  /** Those that were added, to be removed at the end. */
  readonly worktrees: string[];
  readonly options: DiffOptions;
  readonly host: Host;
  readonly progress: Progress;
}

async function synthesizeWorkingTree(scene: Scene): Promise<Side> {
  const { git, root, directory, options, host } = scene;
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
  { git, root, directory, worktrees, options, host, progress }: Scene,
  name: string,
  commit: string,
  side: 'base' | 'head',
): Promise<Side> {
  const checkout = join(directory, `${side}-checkout`);
  await git.addWorktree(checkout, commit);
  worktrees.push(checkout);
  await provideDependencies(checkout, root, host, progress);
  return {
    name: { name, commit },
    approvals: side === 'head' ? await findApprovals(checkout, options) : [],
    checkout,
    synthesized: await synthesize(checkout, join(directory, side), options.environments, host),
  };
}

async function findApprovals(checkout: string, { approvals }: DiffOptions): Promise<readonly Approval[]> {
  const file = approvals ?? join(checkout, APPROVALS);
  if (approvals === undefined && !existsSync(file)) return [];
  return readApprovals(approvals ?? APPROVALS, await readFile(file, 'utf8'));
}

/** What a synthesis says may repeat the values that it refuses. */
function textOf(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}
