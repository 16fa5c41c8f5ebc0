import { execFileSync } from 'node:child_process';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Host } from './host.ts';

/** Identifies a process, even from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in the system's notation; only compared for equality. */
  readonly started: string;
}

/** @returns undefined if no such process runs, or it is a zombie */
export function identify(pid: number, host: Host): ProcessIdentity | undefined {
  try {
    if (host.platform !== 'linux') {
      const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      return started === '' ? undefined : { pid, started };
    }
    // The second field is the program's name in parentheses, which may itself contain any of ") ".
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === 'Z' || started === undefined ? undefined : { pid, started };
  } catch {
    return undefined;
  }
}

/** Whether this same process is still running. */
export function runs({ pid, started }: ProcessIdentity, host: Host): boolean {
  return identify(pid, host)?.started === started;
}

/** Records the process of a role in a state directory. */
export class PidFile {
  readonly path: string;
  readonly #host: Host;

  constructor(path: string, host: Host) {
    this.path = path;
    this.#host = host;
  }

  /** @returns the recorded process if it is still running; ignores a stale file */
  running(): ProcessIdentity | undefined {
    const written = this.#read();
    return written !== undefined && runs(written, this.#host) ? written : undefined;
  }

  /**
   * Writes the pid unless a running process holds the file.
   *
   * @returns the other process, where there is one
   */
  claim(pid: number): ProcessIdentity | undefined {
    const identity = identify(pid, this.#host);
    const own = `${this.path}.${pid}`;
    writeFileSync(own, `${JSON.stringify(identity)}\n`);
    try {
      for (;;) {
        try {
          linkSync(own, this.path);
          return undefined;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
          const owner = this.running();
          if (owner !== undefined) return owner;
          this.remove();
        }
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  write(pid: number): void {
    const identity = identify(pid, this.#host);
    if (identity !== undefined) writeFileSync(this.path, `${JSON.stringify(identity)}\n`);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  #read(): ProcessIdentity | undefined {
    try {
      const { pid, started } = JSON.parse(readFileSync(this.path, 'utf8')) as Partial<ProcessIdentity>;
      return Number.isSafeInteger(pid) && pid !== undefined && started !== undefined
        ? { pid, started }
        : undefined;
    } catch {
      return undefined;
    }
  }
}
