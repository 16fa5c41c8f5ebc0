import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../infra/local/cache.ts';
import { runCommand } from '../infra/local/command.ts';
import type { Host, Progress } from '../infra/local/host.ts';

export interface GoProgram {
  readonly name: string;
  /** Has `go.mod` and `go.sum`, which pin it. */
  readonly module: string;
  /** What is built: a package of the module or of one that it requires. */
  readonly target: string;
  /** Files of the module itself. @default none */
  readonly sources?: readonly string[];
}

/** The path of a program that is built from its Go module, once, into the cache outside the checkout. */
export async function buildGoProgram(
  { name, module, target, sources = [] }: GoProgram,
  host: Host,
  progress: Progress,
): Promise<string> {
  const files = ['go.mod', 'go.sum', ...sources];
  const madeFrom = await Promise.all(files.map((file) => readFile(join(module, file), 'utf8')));
  const directory = await Cache.of(host).entry(name, madeFrom, async (made) => {
    progress(`building ${name} from its Go module (once, about a minute)`);
    await runCommand('go', ['build', '-trimpath', '-o', join(made, name), target], {
      host,
      cwd: module,
      environment: { CGO_ENABLED: '0' },
    });
  });
  return join(directory, name);
}
