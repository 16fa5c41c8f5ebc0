import type { Progress } from '../host.ts';
import type { Exit, ManagedProcess } from '../managed-process.ts';

/** Number of failures in a row after which a process is not restarted. */
const FAILURES = 3;
/** Time of readiness that resets the count of failures. */
const STABLE_MS = 60_000;

/**
 * Restarts processes that exit or are killed, as Kubernetes would. A kill is intentional and not a failure. An exit
 * soon after the start, or never becoming ready, is a failure.
 */
export class Keeper {
  readonly #progress: Progress;
  readonly #broken = new AbortController();
  #keeping = true;
  #kept: readonly Promise<void>[] = [];

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** Aborts when a process is given up, with its name and the reason. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  keep(processes: readonly ManagedProcess[]): void {
    this.#kept = processes.map((process) => this.#keepOne(process));
  }

  /** From here on processes are not restarted. */
  letGo(): void {
    this.#keeping = false;
  }

  /** Settles when all have exited after {@link letGo}, including one that is just being restarted. */
  async finished(): Promise<void> {
    await Promise.all(this.#kept);
  }

  async #keepOne(process: ManagedProcess): Promise<void> {
    let failures = 0;
    let startFailed = false;
    let readyAt = performance.now();
    for (;;) {
      const exit = await process.exited;
      if (!this.#keeping) return;
      if (startFailed) failures += 1;
      else if (!isKill(exit)) failures = performance.now() - readyAt < STABLE_MS ? failures + 1 : 1;
      if (failures >= FAILURES) {
        const reason = `${process.name} failed ${FAILURES} times in a row, last with ${describe(exit)}`;
        this.#broken.abort(new Error(`${reason}; see ${process.logFile}`));
        return;
      }
      this.#progress(`${process.name} ended with ${describe(exit)}, starting it again`);
      startFailed = await process.start().then(
        () => false,
        () => true,
      );
      readyAt = performance.now();
      await this.#stopUnlessKept(process);
    }
  }

  async #stopUnlessKept(process: ManagedProcess): Promise<void> {
    if (!this.#keeping) await process.stop();
  }
}

function isKill({ signal }: Exit): boolean {
  return signal === 'SIGKILL' || signal === 'SIGTERM';
}

function describe({ code, signal }: Exit): string {
  return signal ?? `exit code ${code ?? '?'}`;
}
