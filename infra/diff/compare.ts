import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, Progress } from '../local/host.ts';
import { readApprovals, unusedApprovals, type Approval } from './approvals.ts';
import { findChanges, type Manifests } from './changes.ts';
import { provideDependencies } from './dependencies.ts';
import { Git } from './git.ts';
import { maskText } from './mask/mask-text.ts';
import type { DiffOptions } from './options.ts';
import { sortChanges, type Report, type SideName } from './report.ts';
import { synthesize } from './synthesize.ts';

/** Where the approvals of a revision stand. */
const APPROVALS = 'infra/diff/approvals.json';

interface Side {
  readonly name: SideName;
  readonly approvals: readonly Approval[];
  readonly manifests: Manifests;
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
  try {
    const scene = { git, root, directory, options, host, progress };
    const [before, after] = await Promise.allSettled([
      synthesizeCommit(scene, options.base, base, 'base'),
      head === undefined || options.head === undefined
        ? synthesizeWorkingTree(scene)
        : synthesizeCommit(scene, options.head, head, 'head'),
    ]);
    if (after.status === 'rejected') throw new Error(`the head does not synthesize: ${textOf(after.reason)}`);
    return makeReport(before, after.value, { name: options.base, commit: base }, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function makeReport(
  before: PromiseSettledResult<Side>,
  { name, approvals, manifests }: Side,
  base: SideName,
  { approved }: DiffOptions,
): Report {
  const found = before.status === 'fulfilled' ? findChanges(before.value.manifests, manifests) : [];
  const environments = new Set(Object.keys(manifests));
  if (before.status === 'fulfilled') {
    for (const environment of Object.keys(before.value.manifests)) environments.add(environment);
  }
  return {
    base,
    head: name,
    environments: [...environments].sort(),
    changes: sortChanges(found),
    ...(before.status === 'rejected' && { baseError: textOf(before.reason) }),
    objects: Object.fromEntries(
      Object.entries(manifests).map(([environment, objects]) => [environment, objects.length]),
    ),
    approved: [...approvals.map(({ id }) => id), ...approved],
    unusedApprovals: unusedApprovals(approvals, found).map(({ id, change }) => `${id} (${change})`),
  };
}

interface Scene {
  readonly git: Git;
  readonly root: string;
  readonly directory: string;
  readonly options: DiffOptions;
  readonly host: Host;
  readonly progress: Progress;
}

async function synthesizeWorkingTree(scene: Scene): Promise<Side> {
  const { git, root, directory, options, host } = scene;
  const [dirty, manifests] = await Promise.all([
    git.isDirty(),
    synthesize(root, join(directory, 'working-tree'), options.environments, host),
  ]);
  return {
    name: { name: 'the working tree', ...(dirty && { dirty }) },
    approvals: await findApprovals(root, options),
    manifests,
  };
}

async function synthesizeCommit(
  { git, root, directory, options, host, progress }: Scene,
  name: string,
  commit: string,
  side: 'base' | 'head',
): Promise<Side> {
  const worktree = join(directory, `${side}-checkout`);
  await git.addWorktree(worktree, commit);
  try {
    await provideDependencies(worktree, root, host, progress);
    return {
      name: { name, commit },
      approvals: side === 'head' ? await findApprovals(worktree, options) : [],
      manifests: await synthesize(worktree, join(directory, side), options.environments, host),
    };
  } finally {
    await git.removeWorktree(worktree);
  }
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
