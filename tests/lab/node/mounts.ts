import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { PATHS } from '../place.ts';

/**
 * Gives the process, which has a mount namespace of its own, a node's directories: what Kubernetes, containerd and
 * pods write to their usual paths stays in the lab's.
 */
export function mountDirectories(): void {
  const mount = (...args: readonly string[]): void => {
    execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  for (const directory of [PATHS.varLib, PATHS.varLog, PATHS.volumes]) {
    mkdirSync(directory, { recursive: true });
  }
  mount('--bind', PATHS.varLib, '/var/lib');
  mount('--bind', PATHS.varLog, '/var/log');
  mount('-t', 'tmpfs', '-o', 'mode=755', 'lab', '/run');
}
