import { setTimeout as delay } from 'node:timers/promises';
import type { Listener } from './listener.ts';

export interface DrainTimes {
  /** For so long no upload must have come, after readiness has failed. */
  readonly quietMs: number;
  /** The longest wait for that. */
  readonly maxMs: number;
}

/**
 * Ends the HTTP side without failing a request. Readiness fails first (the shutdown's signal). Requests are still
 * accepted until no upload comes any more, each answered with `Connection: close`: how long an edge takes to forget a pod
 * depends on the load of the control plane. Then no request is accepted, those in progress are finished, and at last
 * the connections that are left are cut.
 */
export class Drain {
  readonly #times: DrainTimes;
  readonly #ending = new AbortController();
  #lastUploadAt = 0;
  #closed: Promise<void> = Promise.resolve();

  constructor(times: DrainTimes) {
    this.#times = times;
  }

  /** An upload has begun to come. */
  readonly onUpload = (): void => {
    this.#lastUploadAt = performance.now();
  };

  /** Aborts when nothing more is read: uploads of any length end with what has been read of them. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when every request is answered, at the latest at the deadline (of `performance.now()`). */
  async begin(listener: Listener, deadline: number): Promise<void> {
    await this.#quiet();
    this.#closed = listener.close();
    this.#ending.abort();
    await this.#closedBy(deadline);
  }

  /** Resolves when every connection is closed; at the deadline they are cut. */
  async finish(listener: Listener, deadline: number): Promise<void> {
    await this.#closedBy(deadline);
    listener.server.closeAllConnections();
    await this.#closed;
  }

  async #quiet(): Promise<void> {
    const { quietMs, maxMs } = this.#times;
    const began = performance.now();
    for (;;) {
      const quietAt = Math.max(began, this.#lastUploadAt) + quietMs;
      const waitMs = Math.min(quietAt, began + maxMs) - performance.now();
      if (waitMs <= 0) return;
      await delay(waitMs);
    }
  }

  async #closedBy(deadline: number): Promise<void> {
    const timer = new AbortController();
    const timeout = delay(Math.max(0, deadline - performance.now()), undefined, timer);
    await Promise.race([this.#closed, timeout]).finally(() => timer.abort());
  }
}
