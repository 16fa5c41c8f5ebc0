import { setTimeout as delay } from 'node:timers/promises';
import type { Listener } from './listener.ts';

export interface DrainTimes {
  /** After readiness has failed, no upload may arrive for this long. */
  readonly quietMs: number;
  /** The longest wait for that. */
  readonly maxMs: number;
}

/**
 * Shuts down the HTTP side without failing a request. Readiness fails first (the shutdown's signal). Requests are still
 * accepted, each with `Connection: close`, until no upload arrives any more: how long an edge takes to remove a pod depends
 * on the load of the control plane. Then the listener closes, requests in progress finish, and the remaining connections
 * are cut.
 */
export class Drain {
  readonly #times: DrainTimes;
  readonly #ending = new AbortController();
  #lastUploadAt = 0;
  #closed: Promise<void> = Promise.resolve();

  constructor(times: DrainTimes) {
    this.#times = times;
  }

  /** Called when an upload arrives. */
  readonly onUpload = (): void => {
    this.#lastUploadAt = performance.now();
  };

  /** Aborts when no request is read any more: an upload in progress ends after the lines that were read. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when every request has its response, at the latest at the deadline (of `performance.now()`). */
  async begin(listener: Listener, deadline: number): Promise<void> {
    await this.#quiet();
    this.#closed = listener.close();
    this.#ending.abort();
    await this.#closedBy(deadline);
  }

  /** Resolves when every connection is closed; cuts them at the deadline. */
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
