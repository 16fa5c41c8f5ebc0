import { fileURLToPath } from 'node:url';
import { Cache } from '../../../infra/local/cache.ts';
import { runCommand } from '../../../infra/local/command.ts';
import type { Progress } from '../../../infra/local/host.ts';

/** The newest that PyPI had when the figures were taken. */
const STACKS = {
  flask: ['Flask==3.1.3', 'gunicorn==27.0.1', 'kafka-python==3.0.12', 'crc32c==2.9.post0'],
  boto3: ['boto3==1.44.5', 'kafka-python==3.0.12', 'crc32c==2.9.post0'],
  locust: ['locust==2.47.0'],
} as const;

/** Installs a stack where it is not yet; the environment in which Python finds it, and the programs of this folder. */
export async function pythonStack(
  name: keyof typeof STACKS,
  progress: Progress = (text) => process.stderr.write(`${text}\n`),
): Promise<Readonly<Record<string, string>>> {
  const packages = STACKS[name];
  const make = async (made: string): Promise<void> => {
    progress(`installing ${packages.join(' ')} from their wheels`);
    await runCommand('python3', ['-m', 'pip', 'install', '--quiet', '--target', made, ...packages], {
      host: process,
      cwd: made,
    });
  };
  const directory = await Cache.of(process).entry(`bench-${name}`, packages, make, { progress });
  return {
    PYTHONPATH: `${directory}:${fileURLToPath(new URL('.', import.meta.url))}`,
    PYTHONDONTWRITEBYTECODE: '1',
  };
}
