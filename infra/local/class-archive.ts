import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cache } from './cache.ts';
import { findProgram } from './find-program.ts';
import type { Host, Progress } from './host.ts';

const FILE = 'classes.jsa';

/** A server to start once until it is ready. */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<unknown>;
}

export interface ClassArchiveOptions {
  readonly host: Pick<Host, 'env'>;
  readonly cache: Cache;
  /** Name of the cache entry. */
  readonly name: string;
  /** Every text that the class path's content depends on. */
  readonly madeFrom: readonly string[];
  /** Of the `java` command. */
  readonly java: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /**
   * Prepares the server with `-XX:ArchiveClassesAtExit=<archive>`.
   *
   * @param directory for what it writes; removed afterwards
   */
  readonly prepare: (archive: string, directory: string) => Promise<Startable>;
}

/**
 * A class data sharing archive with the classes that a server loads until it is ready: loading and verifying them is a
 * large part of a broker's start. Java uses the archive only with the same Java version and class path, and starts
 * without it otherwise.
 *
 * @returns undefined if this Java cannot make one
 * @see https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
 */
export async function classArchive(options: ClassArchiveOptions): Promise<string | undefined> {
  const { host, cache, name, madeFrom, java, progress, signal, prepare } = options;
  const make = async (entry: string): Promise<void> => {
    progress(`reading the classes of ${name} once, so that it starts faster`);
    const directory = await mkdtemp(join(tmpdir(), 'headwater-classes-'));
    try {
      const server = await prepare(join(entry, FILE), directory);
      await server.start();
      await server.stop();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };
  const entry = await cache.entry(`${name}-classes`, [...madeFrom, identifyProgram(java, host)], make, {
    progress,
    signal,
  });
  const archive = join(entry, FILE);
  return existsSync(archive) ? archive : undefined;
}

/** Path, size and time of a program, which differ for another version, without running it. */
function identifyProgram(program: string, host: Pick<Host, 'env'>): string {
  const path = findProgram(program, host) ?? program;
  const stats = statSync(path, { throwIfNoEntry: false });
  return [path, stats?.size, stats?.mtimeMs].join(' ');
}
