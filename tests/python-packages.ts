import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Cache } from '../infra/local/cache.ts';
import { runCommand } from '../infra/local/command.ts';
import type { Host, Progress } from '../infra/local/host.ts';

export interface PythonPackages {
  /** What they are called in the cache. */
  readonly name: string;
  /** File with one `package==version` a line, dependencies included. */
  readonly requirements: string;
  /** For the line of progress. */
  readonly what: string;
}

/**
 * Installs packages of Python, once, into the cache outside the checkout. It needs `python3` with pip.
 *
 * @returns the directory that holds them, to be named in `PYTHONPATH`
 * @throws {Error} with the end of pip's output
 */
export async function installPythonPackages(
  { name, requirements, what }: PythonPackages,
  host: Host,
  progress: Progress,
): Promise<string> {
  const make = async (made: string): Promise<void> => {
    progress(`installing ${what} from wheels (once)`);
    const options = ['--quiet', '--disable-pip-version-check', '--no-warn-script-location', '--no-compile'];
    const words = ['-m', 'pip', 'install', ...options, '--no-deps', '--target', made, '-r', requirements];
    await runCommand('python3', words, { host, cwd: dirname(requirements) });
  };
  return Cache.of(host).entry(name, [await readFile(requirements, 'utf8')], make, { progress });
}
