import { readFile, symlink } from 'node:fs/promises';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../local/cache.ts';
import { runCommand } from '../local/command.ts';
import type { Host } from '../local/host.ts';

/**
 * Links the dependencies of a worktree's lock file into it: those of this checkout if the lock files are equal, otherwise
 * an installation in the cache.
 *
 * @throws {Error} with the end of npm's output if the installation fails
 */
export async function provideDependencies(
  worktree: string,
  root: string,
  host: Host,
  progress: (text: string) => void,
): Promise<void> {
  const lock = await readFile(join(worktree, 'package-lock.json'), 'utf8');
  const own = await readFile(join(root, 'package-lock.json'), 'utf8');
  const modules = join(worktree, 'node_modules');
  if (lock === own) return symlink(join(root, 'node_modules'), modules);

  const make = async (made: string): Promise<void> => {
    progress('the lock files differ: installing the dependencies of the other revision once (npm ci)');
    for (const file of ['package.json', 'package-lock.json'])
      await copyFile(join(worktree, file), join(made, file));
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await runCommand('npm', args, { host, cwd: made });
  };
  const madeFrom = [lock, host.platform];
  const installed = await Cache.of(host).entry('node-modules', madeFrom, make, { progress });
  return symlink(join(installed, 'node_modules'), modules);
}
