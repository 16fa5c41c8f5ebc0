import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cache } from './cache.ts';
import { classArchive, type Startable } from './class-archive.ts';
import { runCommand } from './command.ts';
import { buildGoProgram, isGoProgramBuilt, type GoProgram } from './go-program.ts';
import type { Host, Progress } from './host.ts';
import { compareJars, fetchJars, hasMavenSettings, readJars, type FetchOptions } from './maven-jars.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VERSITYGW: GoProgram = {
  name: 'versitygw',
  module: join(ROOT, 'infra/local/versitygw'),
  target: 'github.com/versity/versitygw/cmd/versitygw',
};

/** A directory below `images/` with a pinned `pom.xml` and, in `jars.sha256`, what it resolves to. */
export type JarSet = 'kafka/3.9' | 'kafka/4.4' | 'zookeeper';

export interface ToolchainOptions {
  readonly host: Host;
  /** @default Cache.of(host) */
  readonly cache?: Cache;
  /** @default silence */
  readonly progress?: Progress;
  /** Aborts a download or build. */
  readonly signal?: AbortSignal;
  /** Directory of the jar sets. @default the repository's `images/` */
  readonly images?: string;
  /** Repository of the jars. @default Maven Central */
  readonly repository?: string;
}

/** A server written in Java. */
export interface JavaServer {
  /** Of the `java` command. */
  readonly java: string;
  readonly classPath: string;
  /** The directory of its log configuration. */
  readonly configuration: string;
  /** Its class archive. */
  readonly classArchive?: string;
}

/**
 * Third-party servers: found in the cache, or fetched and built on first use.
 *
 * @typeParam Set the jar sets that are described in `images`
 */
export class Toolchain<Set extends string = JarSet> {
  readonly #host: Host;
  readonly #cache: Cache;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  readonly #images: string;
  readonly #fetchOptions: FetchOptions;

  constructor({ host, cache, progress, signal, images, repository }: ToolchainOptions) {
    this.#host = host;
    this.#cache = cache ?? Cache.of(host);
    this.#progress = progress ?? (() => undefined);
    this.#signal = signal;
    this.#images = images ?? join(ROOT, 'images');
    this.#fetchOptions = {
      host,
      progress: this.#progress,
      signal,
      ...(repository !== undefined && { repository }),
    };
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

  /** The server with a class archive of its start by `prepare`, as in {@link classArchive}. */
  async fastJavaServer(
    set: Set,
    prepare: (server: JavaServer, archive: string, directory: string) => Promise<Startable>,
  ): Promise<JavaServer> {
    const server = await this.javaServer(set);
    const archive = await classArchive({
      host: this.#host,
      cache: this.#cache,
      name: cacheName(set),
      madeFrom: [server.classPath, ...(await this.#describe(set))],
      java: server.java,
      progress: this.#progress,
      signal: this.#signal,
      prepare: (file, directory) => prepare(server, file, directory),
    });
    return { ...server, ...(archive !== undefined && { classArchive: archive }) };
  }

  /**
   * The directory with exactly the jars of the set. Fetches them as listed; with Maven if the user has settings of
   * Maven.
   *
   * @throws {Error} that names each jar whose checksum is not the committed one
   */
  async jars(set: Set): Promise<string> {
    const description = await this.#describe(set);
    const jars = readJars(description[1]);
    return this.#cache.entry(
      cacheName(set),
      description,
      async (directory) => {
        const what = `the jars of ${set} from Maven Central`;
        if (hasMavenSettings(this.#host)) await this.#askMaven(set, what, directory);
        else await fetchJars(what, jars, directory, this.#fetchOptions);
        const problems = await compareJars(directory, jars);
        if (problems.length === 0) return;
        throw new Error(`the jars of ${set} are not those of its jars.sha256:\n  ${problems.join('\n  ')}`);
      },
      {
        isSound: async (directory) => (await compareJars(directory, jars)).length === 0,
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

  async #askMaven(set: Set, what: string, directory: string): Promise<void> {
    this.#progress(`asking Maven for ${what}`);
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
          this.#progress(`asking Maven for ${what}: ${downloaded}`);
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
