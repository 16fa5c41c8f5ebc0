import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Cache } from './cache.ts';
import { runCommand } from './command.ts';
import { buildGoProgram, isGoProgramBuilt, type GoProgram } from './go-program.ts';
import type { Host, Progress } from './host.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VERSITYGW: GoProgram = {
  name: 'versitygw',
  module: join(ROOT, 'infra/local/versitygw'),
  target: 'github.com/versity/versitygw/cmd/versitygw',
};

/** A directory below `images/` with a pinned `pom.xml` and, in `jars.sha256`, what it must resolve to. */
export type JarSet = 'kafka/3.9' | 'kafka/4.4' | 'zookeeper';

export interface ToolchainOptions {
  readonly host: Host;
  /** @default Cache.of(host) */
  readonly cache?: Cache;
  /** @default silence */
  readonly progress?: Progress;
  /** Ends what is being fetched or built. */
  readonly signal?: AbortSignal;
  /** Where the jar sets are described. @default the repository's `images/` */
  readonly images?: string;
}

/** A server written in Java. */
export interface JavaServer {
  /** Of the `java` command. */
  readonly java: string;
  readonly classPath: string;
  /** The directory of its log configuration. */
  readonly configuration: string;
}

/**
 * The servers that are not ours: found in the cache, or made there on first use.
 *
 * @typeParam Set the jar sets that are described in `images`
 */
export class Toolchain<Set extends string = JarSet> {
  readonly #host: Host;
  readonly #cache: Cache;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  readonly #images: string;

  constructor({ host, cache, progress, signal, images }: ToolchainOptions) {
    this.#host = host;
    this.#cache = cache ?? Cache.of(host);
    this.#progress = progress ?? (() => undefined);
    this.#signal = signal;
    this.#images = images ?? join(ROOT, 'images');
  }

  async hasJars(set: Set): Promise<boolean> {
    return this.#cache.has(cacheName(set), await this.#describe(set));
  }

  /** @throws {Error} that names each jar whose checksum is not the committed one */
  async javaServer(set: Set): Promise<JavaServer> {
    const jars = await this.jars(set);
    const { JAVA_HOME } = this.#host.env;
    return {
      java: JAVA_HOME === undefined ? 'java' : join(JAVA_HOME, 'bin', 'java'),
      classPath: join(jars, '*'),
      configuration: join(this.#images, set),
    };
  }

  /**
   * The directory of the set's jars, and of nothing else.
   *
   * @throws {Error} that names each jar whose checksum is not the committed one
   */
  async jars(set: Set): Promise<string> {
    const description = await this.#describe(set);
    const [, checksums] = description;
    return this.#cache.entry(
      cacheName(set),
      description,
      async (directory) => {
        await this.#resolveJars(set, directory);
        const problems = await compareChecksums(directory, checksums);
        if (problems.length === 0) return;
        throw new Error(`the jars of ${set} are not those of its jars.sha256:\n  ${problems.join('\n  ')}`);
      },
      {
        isSound: async (directory) => (await compareChecksums(directory, checksums)).length === 0,
        progress: this.#progress,
        signal: this.#signal,
      },
    );
  }

  async hasVersitygw(): Promise<boolean> {
    return isGoProgramBuilt(VERSITYGW, { host: this.#host, cache: this.#cache });
  }

  /** The path of the S3 server, built from its Go module. */
  async versitygw(): Promise<string> {
    const { path } = await buildGoProgram(VERSITYGW, {
      host: this.#host,
      cache: this.#cache,
      progress: this.#progress,
      signal: this.#signal,
    });
    return path;
  }

  async #resolveJars(set: Set, directory: string): Promise<void> {
    const what = `fetching the jars of ${set} from Maven Central`;
    this.#progress(what);
    let downloaded = 0;
    await runCommand(
      'mvn',
      [
        ...['--batch-mode', '--file', join(this.#images, set, 'pom.xml')],
        ...['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${directory}`],
      ],
      {
        host: this.#host,
        cwd: directory,
        signal: this.#signal,
        onLine: (line) => {
          if (!/Downloaded from .*\.jar/.test(line)) return;
          downloaded += 1;
          this.#progress(`${what}: ${downloaded}`);
        },
      },
    );
  }

  async #describe(set: Set): Promise<[pom: string, checksums: string]> {
    const text = (name: string): Promise<string> => readFile(join(this.#images, set, name), 'utf8');
    return Promise.all([text('pom.xml'), text('jars.sha256')]);
  }
}

function cacheName(set: string): string {
  return set.replace('/', '-');
}

/** @returns one line for each file that is missing, unexpected or different; empty where all are as listed */
async function compareChecksums(directory: string, checksums: string): Promise<string[]> {
  const wanted = new Map(
    checksums
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const found = new Set(await readdir(directory));
  const compared = [...new Set([...wanted.keys(), ...found])].sort().map(async (name) => {
    const expected = wanted.get(name);
    if (expected === undefined) return `${name} is not listed`;
    if (!found.has(name)) return `${name} is missing`;
    const actual = await sha256(join(directory, name));
    return actual === expected ? undefined : `${name} has sha256 ${actual}, expected ${expected}`;
  });
  return (await Promise.all(compared)).filter((problem) => problem !== undefined);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
