import type { Progress } from '../host.ts';
import type { Exit, ManagedProcess } from '../managed-process.ts';

/** A process that fails so often in a row is not started again. */
const FAILURES = 3;
/** One that was ready for so long has not failed in a row. */
const STABLE_MS = 60_000;

/**
 * Starts again what ends by itself or is killed, as Kubernetes would. A kill is somebody's will and no failure; to
 * end by itself soon after a start, or never to become ready, is one.
 */
export class Keeper {
  readonly #progress: Progress;
  readonly #broken = new AbortController();
  #keeping = true;
  #kept: readonly Promise<void>[] = [];

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** Aborts, with the process and the reason, when one is given up. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  keep(processes: readonly ManagedProcess[]): void {
    this.#kept = processes.map((process) => this.#keepOne(process));
  }

  /** From here on processes may end, and stay so. */
  letGo(): void {
    this.#keeping = false;
  }

  /** Settles when all have ended after {@link letGo}, one that was just being started again included. */
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
