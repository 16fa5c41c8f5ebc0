import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host, Progress } from '../../infra/local/host.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { installPrograms } from '../runner/programs.ts';
import { Cluster } from './cluster.ts';
import { initFile, keeperFile, removeCgroups, within } from './namespaces.ts';
import { PartTimes } from './part-times.ts';
import { makeParts, type Parts } from './parts.ts';
import { DIRECTORY, PATHS } from './place.ts';
import { findObstacles, PROGRAMS } from './requirements.ts';
import { buildLabProgram } from './toolchain.ts';

const NODE_LOG = join(DIRECTORY, 'node.log');
const KEEPER_LOG = join(DIRECTORY, 'keeper.log');
/** How the node marks a line of its log that is meant for who waits. */
const SPOKEN = 'lab: ';

/** The lab's Kubernetes, also after its node was killed and raised again. Builds kubectl where it is not in the cache. */
export async function openCluster(host: Host, progress: Progress): Promise<Cluster> {
  const kubernetes = await buildLabProgram('kubernetes', { host, progress });
  return new Cluster(() => [...within(host), kubernetes, 'kubectl', `--kubeconfig=${PATHS.kubeconfig}`]);
}

/** Nothing that could be installed would help. */
export class RefusedHere extends Error {}

/** Whether the node runs, and all of it. */
export function isUp(host: Host): boolean {
  return keeperFile(host).running() !== undefined && existsSync(PATHS.ready);
}

/**
 * Raises the node, from whatever is there: a lab that runs is left alone, and one that was killed goes on with its
 * data.
 *
 * @param uid of the user who asks
 * Installs what is missing, where that may be done.
 *
 * @throws {RefusedHere} where this machine, or this user, may not do what a node does
 * @throws {Error} that names all that is missing on this machine, or what did not start
 */
export async function up(
  host: Host,
  uid: number | undefined,
  progress: Progress,
  times: PartTimes = new PartTimes(),
): Promise<void> {
  if (isUp(host)) return;
  const started = new AbortController();
  const spoken = spokenLines().length;
  if (keeperFile(host).running() === undefined) {
    await installPrograms(PROGRAMS, { host, uid, progress });
    const { missing, refused } = await findObstacles(host, uid);
    const lines = [...refused, ...missing];
    const message = `the lab cannot be raised here:\n  ${lines.join('\n  ')}`;
    if (refused.length > 0) throw new RefusedHere(message);
    if (missing.length > 0) throw new Error(message);
    const parts = await makeParts(host, progress, times);
    removeCgroups();
    spawnKeeper(host, parts, () =>
      started.abort(new Error(`the lab did not start; ${KEEPER_LOG} ends:\n${tail()}`)),
    );
  }
  let told = spoken;
  await waitUntil(
    () => {
      for (const line of spokenLines().slice(told)) {
        told += 1;
        progress(line);
      }
      return isUp(host);
    },
    { what: `up: see ${NODE_LOG}`, deadlineMs: 300_000, everyMs: 100, signal: started.signal },
  );
}

/** Ends everything of the lab, half-built or whole, and removes what it has written. */
export async function down(host: Host): Promise<void> {
  const keeper = keeperFile(host).running();
  if (keeper !== undefined) {
    host.kill(keeper.pid, 'SIGTERM');
    await waitUntil(() => keeperFile(host).running() === undefined, {
      what: `rid of the keeper, pid ${keeper.pid}`,
      deadlineMs: 90_000,
    });
  }
  // The kernel ends the namespaces of a keeper that was killed; that takes it a moment.
  await waitUntil(() => initFile(host).running() === undefined, {
    what: 'rid of the node',
    deadlineMs: 60_000,
  });
  await waitUntil(
    () => {
      removeCgroups();
      return true;
    },
    { what: 'rid of the cgroups of pods', deadlineMs: 60_000 },
  );
  await rm(DIRECTORY, { recursive: true, force: true });
}

function spawnKeeper(host: Host, parts: Parts, ended: () => void): void {
  mkdirSync(DIRECTORY, { recursive: true, mode: 0o755 });
  const log = openSync(KEEPER_LOG, 'w');
  try {
    const main = join(import.meta.dirname, 'keeper/main.ts');
    const child = spawn(host.execPath, [main, JSON.stringify(parts)], {
      cwd: DIRECTORY,
      stdio: ['ignore', log, log],
      detached: true,
      env: host.env,
    });
    child.once('exit', ended);
    child.unref();
  } finally {
    closeSync(log);
  }
}

function tail(): string {
  return readFileSync(KEEPER_LOG, 'utf8').trimEnd().split('\n').slice(-25).join('\n');
}

function spokenLines(): string[] {
  if (!existsSync(NODE_LOG)) return [];
  const lines = readFileSync(NODE_LOG, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith(SPOKEN)).map((line) => line.slice(SPOKEN.length));
}
