import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../infra/local/host.ts';
import { PidFile } from '../../infra/local/pid-file.ts';
import { CGROUP, DIRECTORY } from './place.ts';

const CGROUPS = '/sys/fs/cgroup';
/** Of the processor, where a process that is not nice has 1024. */
const POD_SHARES = 6_144;

/** Which process holds the lab. */
export function keeperFile(host: Host): PidFile {
  return new PidFile(join(DIRECTORY, 'keeper.pid'), host);
}

/** Which process is the first in the lab's namespaces. */
export function initFile(host: Host): PidFile {
  return new PidFile(join(DIRECTORY, 'init.pid'), host);
}

/** The only child of `unshare`: the first process of the namespaces that it made. */
export function firstProcess(unshare: number | undefined): number | undefined {
  if (unshare === undefined) return undefined;
  const [child = ''] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ');
  return child === '' ? undefined : Number(child);
}

/**
 * Words to start a command with that is to run in the lab's network, and see its files.
 *
 * @throws {Error} where the lab is down
 */
export function within(host: Host): [program: string, ...args: string[]] {
  return enter(host, '--net', '--mount');
}

/**
 * Words to start a command with that is to run in the lab's network, and see the machine's files and processes.
 *
 * @throws {Error} where the lab is down
 */
export function inNetwork(host: Host): [program: string, ...args: string[]] {
  return enter(host, '--net');
}

function enter(host: Host, ...namespaces: readonly string[]): [program: string, ...args: string[]] {
  const init = initFile(host).running();
  if (init === undefined) throw new Error('the lab is down: npx headwater lab up');
  return ['nsenter', `--target=${init.pid}`, ...namespaces, '--'];
}

/** Makes the cgroup of all pods, which the kubelet expects to find below each controller. */
export function makeCgroups(): void {
  for (const controller of readdirSync(CGROUPS)) {
    if (controller !== 'unified') mkdirSync(join(CGROUPS, controller, CGROUP), { recursive: true });
  }
  // All pods together would otherwise weigh as much as one process of the machine.
  writeFileSync(join(CGROUPS, 'cpu', CGROUP, 'cpu.shares'), String(POD_SHARES));
}

/** Removes the cgroups of pods, from the leaves up. No process may be left in them. */
export function removeCgroups(): void {
  const remove = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) remove(join(directory, entry.name));
    }
    rmdirSync(directory);
  };
  for (const controller of existsSync(CGROUPS) ? readdirSync(CGROUPS) : []) {
    const directory = join(CGROUPS, controller, CGROUP);
    if (existsSync(directory)) remove(directory);
  }
}
