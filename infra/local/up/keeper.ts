import type { Progress } from '../host.ts';
import type { Exit, ManagedProcess } from '../managed-process.ts';

/** A process that ends so often within the window is not started again. */
const ENDS = 3;
const WINDOW_MS = 60_000;

/** Starts again what ends by itself or is killed, as Kubernetes would. */
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
    const ends: number[] = [];
    for (;;) {
      const exit = await process.exited;
      if (!this.#keeping) return;
      ends.push(performance.now());
      if (ends.filter((end) => end > performance.now() - WINDOW_MS).length >= ENDS) {
        this.#giveUp(process, `ended ${ENDS} times within a minute, last with ${describe(exit)}`);
        return;
      }
      this.#progress(`${process.name} ended with ${describe(exit)}, starting it again`);
      try {
        await process.start();
      } catch (error) {
        // Its next exit has been: the loop counts it.
        this.#progress((error as Error).message.split('\n')[0] ?? '');
      }
      await this.#stopUnlessKept(process);
    }
  }

  async #stopUnlessKept(process: ManagedProcess): Promise<void> {
    if (!this.#keeping) await process.stop();
  }

  #giveUp(process: ManagedProcess, reason: string): void {
    this.#broken.abort(new Error(`${process.name} ${reason}; see ${process.logFile}`));
  }
}

function describe({ code, signal }: Exit): string {
  return signal ?? `exit code ${code ?? '?'}`;
}
