import type { Log } from './log.ts';

/** The part of `process` that is used; only entry files access `process`. */
export interface SignalledProcess {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: 'SIGTERM' | 'SIGINT') => void): unknown;
  exit(code: number): unknown;
}

export interface ShutdownOptions {
  readonly process: SignalledProcess;
  /** Longest time from the signal to the exit; equal to the pod's grace period, which starts with the same signal. */
  readonly deadlineMs: number;
  readonly log: Log;
}

interface Closer {
  readonly name: string;
  readonly close: (deadline: number) => Promise<void> | void;
}

/**
 * Ends the program on SIGTERM or SIGINT. Closes in reverse order of registration, one after another, then exits with 0;
 * with 1 if a close failed or the deadline passed. A second signal exits at once with 128 + its number.
 */
export class Shutdown {
  readonly #process: SignalledProcess;
  readonly #deadlineMs: number;
  readonly #log: Log;
  readonly #closers: Closer[] = [];
  readonly #begun = new AbortController();

  constructor({ process, deadlineMs, log }: ShutdownOptions) {
    this.#process = process;
    this.#deadlineMs = deadlineMs;
    this.#log = log;
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, (signal) => this.#onSignal(signal));
  }

  /** Aborts when the shutdown begins, before anything is closed. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /**
   * Registers a function to call at shutdown. It gets the time (as of `performance.now()`) at which the process exits
   * in any case.
   */
  onShutdown(name: string, close: (deadline: number) => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  /** Starts the shutdown without a signal. Later calls do nothing; a later signal exits at once. */
  begin(reason: string): void {
    if (this.signal.aborted) return;
    this.#log.info({ reason, deadlineMs: this.#deadlineMs }, 'shutting down');
    this.#begun.abort();
    void this.#close(performance.now() + this.#deadlineMs);
  }

  #onSignal(signal: 'SIGTERM' | 'SIGINT'): void {
    if (!this.signal.aborted) {
      this.begin(signal);
      return;
    }
    this.#log.warn({ reason: signal }, 'second signal: exiting at once');
    this.#process.exit(128 + (signal === 'SIGTERM' ? 15 : 2));
  }

  async #close(deadline: number): Promise<void> {
    let open = '';
    const timer = setTimeout(() => {
      this.#log.error({ open }, `not closed within ${this.#deadlineMs} ms: exiting`);
      this.#process.exit(1);
    }, this.#deadlineMs);
    let failed = false;
    for (const { name, close } of this.#closers.reverse()) {
      open = name;
      try {
        await close(deadline);
      } catch (error) {
        failed = true;
        this.#log.error({ err: error }, `${name} did not close cleanly`);
      }
    }
    clearTimeout(timer);
    this.#log.info('shut down');
    this.#process.exit(failed ? 1 : 0);
  }
}
