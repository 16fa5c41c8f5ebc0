import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../../infra/local/cache.ts';
import { runCommand } from '../../infra/local/command.ts';
import type { Host, Progress } from '../../infra/local/host.ts';

const TOOLS = join(import.meta.dirname, 'tools');

/** What is built for each directory of `tools/`: a pinned Go module, and the package in it that is a program. */
const PROGRAMS = {
  coredns: '.',
  filebeat: '.',
  kubernetes: '.',
  'metrics-server': '.',
  'network-policies': '.',
  pause: '.',
  traefik: 'github.com/traefik/traefik/v3/cmd/traefik',
  'volume-provisioner': '.',
} as const;

/** Set at the link, as upstream does it; what it is else, no client can read. */
const KUBERNETES_VERSION = '1.34.4';

const LINK_VALUES: Partial<Record<GoProgram, Readonly<Record<string, string>>>> = {
  kubernetes: {
    'k8s.io/component-base/version.gitVersion': `v${KUBERNETES_VERSION}`,
    'k8s.io/component-base/version.gitMajor': '1',
    'k8s.io/component-base/version.gitMinor': '34',
  },
};

export type GoProgram = keyof typeof PROGRAMS;

export const GO_PROGRAMS = Object.keys(PROGRAMS) as readonly GoProgram[];

export interface LabToolchainOptions {
  readonly host: Host;
  /** @default silence */
  readonly progress?: Progress;
  /** Ends what is being built. */
  readonly signal?: AbortSignal;
}

/** The parts of the lab that are Go modules: found in the cache, or built there on first use. */
export class LabToolchain {
  readonly #host: Host;
  readonly #cache: Cache;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;

  constructor({ host, progress, signal }: LabToolchainOptions) {
    this.#host = host;
    this.#cache = Cache.of(host);
    this.#progress = progress ?? (() => undefined);
    this.#signal = signal;
  }

  /** The path of a static binary, named after its program. */
  async build(program: GoProgram): Promise<string> {
    const directory = await this.#cache.entry(`lab-${program}`, await this.#describe(program), (made) =>
      this.#compile(program, made),
    );
    return join(directory, program);
  }

  async isBuilt(program: GoProgram): Promise<boolean> {
    return this.#cache.has(`lab-${program}`, await this.#describe(program));
  }

  async #compile(program: GoProgram, directory: string): Promise<void> {
    const began = performance.now();
    const elapsed = (): number => Math.round((performance.now() - began) / 1_000);
    const say = (): void => this.#progress(`building ${program} from its Go module: ${elapsed()} s`);
    say();
    const ticking = setInterval(say, 10_000);
    try {
      await runCommand(
        'nice',
        [
          ...['go', 'build', '-mod=readonly', '-trimpath', `-ldflags=${linkFlags(program)}`],
          ...['-o', join(directory, program), PROGRAMS[program]],
        ],
        {
          host: this.#host,
          cwd: join(TOOLS, program),
          environment: { CGO_ENABLED: '0' },
          signal: this.#signal,
        },
      );
    } finally {
      clearInterval(ticking);
    }
    this.#progress(`built ${program} in ${elapsed()} s`);
  }

  async #describe(program: GoProgram): Promise<string[]> {
    const directory = join(TOOLS, program);
    const files = (await readdir(directory)).sort();
    const sources = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
    return [...files, ...sources, linkFlags(program), this.#host.platform, this.#host.arch];
  }
}

function linkFlags(program: GoProgram): string {
  const values = Object.entries(LINK_VALUES[program] ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  return ['-s -w', ...values].join(' ');
}
