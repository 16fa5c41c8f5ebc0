import type { Log } from '../service/log.ts';

const LOG_INTERVAL_MS = 1000;
/** A failure that may pass makes the consumer not ready only after this time. */
const TOLERATED_MS = 30_000;

/** A failure, and whether it passes by itself. */
export interface Failure {
  readonly message: string;
  readonly passes: boolean;
}

interface Failing {
  readonly failure: Failure;
  readonly since: number;
}

/**
 * The state of Kafka or of the store by operation, from the outcome of requests: a bucket may be readable and not writable.
 * Readiness depends on it. It logs at most one line a second.
 */
export class Health<Operation extends string> {
  readonly #subject: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #failing = new Map<Operation, Failing>();
  #loggedAt = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  /** @param now a monotonic clock, milliseconds */
  constructor(subject: string, log: Log, now: () => number) {
    this.#subject = subject;
    this.#log = log;
    this.#now = now;
  }

  succeeded(operation: Operation): void {
    const failing = this.#failing.get(operation);
    if (failing === undefined) return;
    this.#failing.delete(operation);
    const afterMs = Math.round(this.#now() - failing.since);
    this.#log.info({ operation, afterMs }, `${this.#subject} responds again`);
  }

  /** Forgets the last failure of an operation that is no longer tried: no success would ever follow it. */
  abandoned(operation: Operation): void {
    this.#failing.delete(operation);
  }

  failed(operation: Operation, failure: Failure): void {
    const now = this.#now();
    this.#failing.set(operation, { failure, since: this.#failing.get(operation)?.since ?? now });
    if (now - this.#loggedAt < LOG_INTERVAL_MS) {
      this.#unlogged += 1;
      return;
    }
    this.#log.warn({ operation, unlogged: this.#unlogged }, `${this.#subject}: ${failure.message}`);
    this.#loggedAt = now;
    this.#unlogged = 0;
  }

  /** Why the consumer cannot work; `undefined` if it can, or if the failure may pass soon. */
  get notReady(): string | undefined {
    for (const { failure, since } of this.#failing.values()) {
      if (!failure.passes || this.#now() - since >= TOLERATED_MS)
        return `${this.#subject}: ${failure.message}`;
    }
    return undefined;
  }
}
