import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Host } from '../host.ts';
import type { Metadata } from '../kafka-properties.ts';
import { PidFile, type ProcessIdentity } from '../pid-file.ts';

/** What the data of a state directory was made with, which cannot change afterwards. */
export interface Settings {
  readonly brokers: 1 | 3;
  readonly metadata: Metadata;
}

/** Where what runs can be reached; written once it does. */
export interface Running {
  /** URLs. */
  readonly producer: string;
  readonly consumer: string;
  /** `host:port`, comma-separated. */
  readonly kafka: string;
  readonly objects: string;
}

/** A directory that holds everything of one pipeline: data, credentials, logs and pid files. */
export class State {
  readonly directory: string;
  readonly #host: Host;
  readonly #supervisor: PidFile;

  constructor(directory: string, host: Host) {
    this.directory = resolve(directory);
    this.#host = host;
    this.#supervisor = new PidFile(join(this.directory, 'up.pid'), host);
  }

  /** The `npm run up` that owns the directory now. */
  get supervisor(): ProcessIdentity | undefined {
    return this.#supervisor.running();
  }

  /** Undefined while nothing runs, or not yet. */
  get running(): Running | undefined {
    return this.supervisor === undefined ? undefined : (this.#read('running.json') as Running | undefined);
  }

  /** @throws {Error} where another process owns the directory */
  claim(pid: number): void {
    const owner = this.#supervisor.claim(pid);
    if (owner === undefined) return;
    throw new Error(
      `${this.directory} is in use by pid ${owner.pid}: end it with npm run down, or choose another with --state`,
    );
  }

  release(): void {
    rmSync(join(this.directory, 'running.json'), { force: true });
    this.#supervisor.remove();
  }

  announce(running: Running): void {
    this.#write('running.json', running);
  }

  /**
   * What is wished for; for the rest, what the data was made with, or one broker with ZooKeeper.
   *
   * @throws {Error} where the data was made with something else
   */
  settle(wished: { readonly [Name in keyof Settings]: Settings[Name] | undefined }): Settings {
    const made = this.#read('settings.json') as Settings | undefined;
    for (const name of ['brokers', 'metadata'] as const) {
      if (made === undefined || wished[name] === undefined || wished[name] === made[name]) continue;
      throw new Error(
        `--${name} must be ${made[name]}, with which ${this.directory} was made, got ${wished[name]}: ` +
          'choose another directory with --state, or delete this one with all its events',
      );
    }
    const settings = made ?? { brokers: wished.brokers ?? 1, metadata: wished.metadata ?? 'zookeeper' };
    this.#write('settings.json', settings);
    return settings;
  }

  /** What runs for this directory, besides the supervisor, by name. */
  get processes(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#pidFiles().flatMap(({ name, pidFile }) => {
        const process = pidFile.running();
        return process === undefined ? [] : [[name, process.pid]];
      }),
    );
  }

  /** Kills what a supervisor has left behind that was itself killed. @returns the names of what was killed */
  killSurvivors(): string[] {
    const survivors = this.processes;
    for (const pid of Object.values(survivors)) this.#host.kill(pid, 'SIGKILL');
    for (const { pidFile } of this.#pidFiles()) pidFile.remove();
    return Object.keys(survivors);
  }

  #pidFiles(): { name: string; pidFile: PidFile }[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory)
      .filter((file) => file.endsWith('.pid') && file !== 'up.pid')
      .sort()
      .map((file) => ({
        name: file.slice(0, -'.pid'.length),
        pidFile: new PidFile(join(this.directory, file), this.#host),
      }));
  }

  #read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.directory, name), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`${join(this.directory, name)} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Whole or not at all. */
  #write(name: string, value: unknown): void {
    const path = join(this.directory, name);
    writeFileSync(`${path}.unfinished`, `${JSON.stringify(value)}\n`);
    renameSync(`${path}.unfinished`, path);
  }
}
