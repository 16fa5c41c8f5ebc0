import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from './cache.ts';
import { runCommand } from './command.ts';
import type { Host, Progress } from './host.ts';

const SAY_EVERY_MS = 10_000;

export interface GoProgram {
  readonly name: string;
  /** Directory with `go.mod` and, if it has dependencies, `go.sum`, which pin them. */
  readonly module: string;
  /** Package to build: of the module or of a dependency. */
  readonly target: string;
  /** Files of the module itself. @default none */
  readonly sources?: readonly string[];
  /** String variables that are set at the link. @default none */
  readonly variables?: Readonly<Record<string, string>>;
  /** Below the entry's directory. @default its name */
  readonly path?: string;
}

export interface GoBuildOptions {
  readonly host: Host;
  /** @default Cache.of(host) */
  readonly cache?: Cache;
  /** Called at least every ten seconds. @default silence */
  readonly progress?: Progress;
  /** Ends the build. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds a static program from its Go module, once, into the cache outside of the checkout.
 *
 * @returns the directory in the cache, and the path of the program
 * @throws {Error} with the end of the compiler's output
 */
export async function buildGoProgram(
  program: GoProgram,
  { host, cache = Cache.of(host), progress = () => undefined, signal }: GoBuildOptions,
): Promise<{ readonly directory: string; readonly path: string }> {
  const { name, module, target, path = name } = program;
  const flags = linkFlags(program);
  const madeFrom = await describe(program, host);
  const directory = await cache.entry(
    name,
    madeFrom,
    async (made) => {
      const began = performance.now();
      const elapsed = (): number => Math.round((performance.now() - began) / 1_000);
      const say = (): void => progress(`building ${name} from its Go module (once): ${elapsed()} s`);
      say();
      const ticking = setInterval(say, SAY_EVERY_MS);
      try {
        await runCommand(
          'nice',
          [
            ...['go', 'build', '-mod=readonly', '-trimpath', `-ldflags=${flags}`],
            ...['-o', join(made, path), target],
          ],
          { host, cwd: module, environment: { CGO_ENABLED: '0' }, signal },
        );
      } finally {
        clearInterval(ticking);
      }
      progress(`built ${name} in ${elapsed()} s`);
    },
    { progress, signal },
  );
  return { directory, path: join(directory, path) };
}

/** Whether the cache has it. */
export async function isGoProgramBuilt(
  program: GoProgram,
  { host, cache = Cache.of(host) }: Pick<GoBuildOptions, 'host' | 'cache'>,
): Promise<boolean> {
  return cache.has(program.name, await describe(program, host));
}

/** Every text that the program depends on. */
async function describe(program: GoProgram, { platform, arch }: Host): Promise<readonly string[]> {
  const sums = existsSync(join(program.module, 'go.sum')) ? ['go.sum'] : [];
  const files = ['go.mod', ...sums, ...(program.sources ?? [])];
  const texts = await Promise.all(files.map((file) => readFile(join(program.module, file), 'utf8')));
  return [...files, ...texts, program.target, linkFlags(program), platform, arch];
}

function linkFlags({ variables = {} }: GoProgram): string {
  const values = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  return ['-s -w', ...values].join(' ');
}
