import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { PidFile } from './pid-file.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { waitUntil } from './wait.ts';

export interface ProcessOptions {
  readonly host: Host;
  /** Names the process in messages, and its log and pid file. */
  readonly name: string;
  /**
   * Directory of `<name>.pid` and `<name>.log`. Each start appends to the log; a long log is renamed to `<name>.log.1`
   * first.
   */
  readonly directory: string;
  readonly command: readonly [string, ...string[]];
  /** Added to the host's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it is ready; may throw while it is not. */
  readonly isReady: () => Promise<boolean>;
  /** From the start until it must be ready. @default 180 s */
  readonly startDeadlineMs?: number;
  /** From SIGTERM until SIGKILL. @default 30 s */
  readonly stopDeadlineMs?: number;
}

const LONG_LOG_BYTES = 16 * 1024 * 1024;

/** How a process exited: with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A child process to start, watch, disturb and end. It runs in its own session, so that Ctrl-C in a terminal only
 * reaches the parent, which stops its children in order. On Linux the kernel kills it if the parent dies. Its own
 * children end with it, unless they created another process group.
 */
export class ManagedProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #options: ProcessOptions;
  readonly #pidFile: PidFile;
  #child: ChildProcess | undefined;
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null });

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.logFile = join(options.directory, `${options.name}.log`);
    this.#options = options;
    this.#pidFile = new PidFile(join(options.directory, `${options.name}.pid`), options.host);
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Settles when the last started process has exited. */
  get exited(): Promise<Exit> {
    return this.#exited;
  }

  /**
   * Starts it and waits until it is ready. Ends a survivor of an earlier parent first.
   *
   * @throws {Error} with the end of the log, if it exits or is not ready in time; it is not running then
   */
  async start(): Promise<void> {
    await this.spawn();
    try {
      await this.ready();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Starts it without waiting for it to be ready. */
  async spawn(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`${this.name} runs already, as pid ${this.pid ?? '?'}`);
    const { host, directory, command, environment } = this.#options;
    makePrivateDirectory(directory);
    await this.#endSurvivor();
    const [program, ...args] = diesWithParent(host, command);
    const log = this.#openLog();
    try {
      const child = spawn(program, args, {
        cwd: directory,
        env: { ...host.env, ...environment },
        stdio: ['ignore', log, log],
        detached: true,
      });
      this.#child = child;
      this.#exited = new Promise((resolve) => {
        const end = (exit: Exit): void => {
          this.#child = undefined;
          if (child.pid !== undefined) endGroup(host, child.pid);
          this.#pidFile.remove();
          resolve(exit);
        };
        child.once('exit', (code, signal) => end({ code, signal }));
        child.once('error', () => {
          if (child.pid === undefined) end({ code: 127, signal: null });
        });
      });
      if (child.pid !== undefined) this.#pidFile.write(child.pid);
    } finally {
      closeSync(log);
    }
  }

  /** Waits until it is ready, after {@link spawn} or a disturbance. */
  async ready(): Promise<void> {
    const { isReady, startDeadlineMs = 60_000 } = this.#options;
    const ended = new AbortController();
    void this.#exited.then(({ code, signal }) => {
      ended.abort(
        new Error(`${this.name} ended (${signal ?? `exit code ${code ?? '?'}`}) before it was ready`),
      );
    });
    try {
      await waitUntil(() => isReady(), {
        what: 'ready',
        deadlineMs: startDeadlineMs,
        signal: ended.signal,
      });
    } catch (error) {
      const reason = ended.signal.aborted ? (ended.signal.reason as Error) : error;
      const message = reason instanceof Error ? reason.message : String(reason);
      const what = ended.signal.aborted ? message : `${this.name} is ${message}`;
      throw new Error(`${what}; the end of ${this.logFile}:\n${this.#logTail()}`, { cause: error });
    }
  }

  /** @throws {Error} if it is not running */
  signal(signal: NodeJS.Signals): void {
    if (this.#child?.kill(signal) !== true)
      throw new Error(`${this.name} does not run: it cannot get ${signal}`);
  }

  /** Sends SIGTERM, then SIGKILL if it has not exited in time. Does nothing if it is not running. */
  async stop(): Promise<Exit> {
    const child = this.#child;
    if (child === undefined) return this.#exited;
    const deadline = setTimeout(() => child.kill('SIGKILL'), this.#options.stopDeadlineMs ?? 30_000);
    child.kill('SIGTERM');
    // A stopped process only handles SIGKILL until it continues.
    child.kill('SIGCONT');
    try {
      return await this.#exited;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #endSurvivor(): Promise<void> {
    const { host } = this.#options;
    const survivor = this.#pidFile.running();
    if (survivor === undefined) return;
    host.kill(survivor.pid, 'SIGKILL');
    await waitUntil(() => this.#pidFile.running() === undefined, {
      what: `rid of the ${this.name} of an earlier run (pid ${survivor.pid})`,
      deadlineMs: 10_000,
    });
  }

  #openLog(): number {
    const size = statSync(this.logFile, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LONG_LOG_BYTES) renameSync(this.logFile, `${this.logFile}.1`);
    return openSync(this.logFile, 'a', 0o600);
  }

  #logTail(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n');
    return lines.slice(-15).join('\n');
  }
}

/** Ends the remaining processes of a process group, such as gunicorn workers. */
function endGroup(host: Host, leader: number): void {
  try {
    host.kill(-leader, 'SIGKILL');
  } catch {
    // The group is empty.
  }
}

let kernelKillsOrphans: boolean | undefined;

/** Wrapper with which the kernel kills a process when its parent dies, if the system has one. */
function diesWithParent(host: Host, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const options = ['--pdeathsig', 'KILL', '--'];
  kernelKillsOrphans ??= host.platform === 'linux' && spawnSync('setpriv', [...options, 'true']).status === 0;
  return kernelKillsOrphans ? ['setpriv', ...options, ...command] : command;
}
