import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Host } from '../host.ts';
import { PidFile, type ProcessIdentity } from '../pid-file.ts';

/** Addresses of the running pipeline; written once it runs. */
export interface Running {
  /** URLs. */
  readonly producer: string;
  readonly consumer: string;
  /** `host:port`, comma-separated. */
  readonly kafka: string;
  readonly topic: string;
  /** For people. */
  readonly objects: string;
  readonly store: StoreAddress;
  /** By program. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Where the objects are. */
export interface StoreAddress {
  readonly bucket: string;
  readonly prefix: string;
  /** URL; absent for AWS itself. */
  readonly endpoint?: string;
  /** File with the credentials as variables; absent where they come from the environment. */
  readonly credentialsFile?: string;
}

const SUPERVISOR = 'up.pid';

/**
 * A directory with everything of one pipeline: data, credentials, logs and pid files. Each kind of Kafka cluster has
 * its own directory in it, since the data of one does not fit another; they share the objects.
 */
export class State {
  readonly directory: string;
  readonly #host: Host;
  readonly #supervisor: PidFile;

  constructor(directory: string, host: Host) {
    this.directory = resolve(directory);
    this.#host = host;
    this.#supervisor = new PidFile(join(this.directory, SUPERVISOR), host);
  }

  /** The `npm run up` process that owns the directory now. */
  get supervisor(): ProcessIdentity | undefined {
    return this.#supervisor.running();
  }

  /** Undefined while nothing runs, or not yet. */
  get running(): Running | undefined {
    return this.supervisor === undefined ? undefined : (this.#read('running.json') as Running | undefined);
  }

  /** @throws {Error} if another process owns the directory */
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

  /** Figures of the last hour. */
  get historyFile(): string {
    return join(this.directory, 'history.ndjson');
  }

  announce(running: Running): void {
    this.#write('running.json', running);
  }

  /** Other processes of this directory, by name. */
  get processes(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#pidFiles().flatMap(({ name, pidFile }) => {
        const process = pidFile.running();
        return process === undefined ? [] : [[name, process.pid]];
      }),
    );
  }

  /** Kills the remaining processes of a killed supervisor. @returns their names */
  killSurvivors(): string[] {
    const survivors = this.processes;
    for (const pid of Object.values(survivors)) this.#host.kill(pid, 'SIGKILL');
    for (const { pidFile } of this.#pidFiles()) pidFile.remove();
    return Object.keys(survivors);
  }

  #pidFiles(): { name: string; pidFile: PidFile }[] {
    return [this.directory, ...directoriesIn(this.directory)].flatMap((directory) =>
      readEntries(directory)
        .map(({ name }) => name)
        .filter((file) => file.endsWith('.pid') && file !== SUPERVISOR)
        .sort()
        .map((file) => ({
          name: file.slice(0, -'.pid'.length),
          pidFile: new PidFile(join(directory, file), this.#host),
        })),
    );
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

  /** Writes atomically. */
  #write(name: string, value: unknown): void {
    const path = join(this.directory, name);
    writeFileSync(`${path}.unfinished`, `${JSON.stringify(value)}\n`);
    renameSync(`${path}.unfinished`, path);
  }
}

function directoriesIn(directory: string): string[] {
  return readEntries(directory)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name));
}

function readEntries(directory: string): Dirent[] {
  return existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : [];
}
