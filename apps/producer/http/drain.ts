import { setTimeout as delay } from 'node:timers/promises';
import type { Listener } from './listener.ts';

/**
 * Ends the HTTP side without failing a request: readiness fails first (the shutdown's signal), then requests are
 * still taken for a while, each answered with `Connection: close`; then nothing new is taken, what is under way is
 * finished, and at last what is left is cut.
 */
export class Drain {
  readonly #delayMs: number;
  readonly #ending = new AbortController();
  #closed: Promise<void> = Promise.resolve();

  /** @param delayMs how long requests are still taken after readiness has failed */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Aborts when nothing more is read: uploads of any length end with what has been read of them. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when every request is answered, at the latest at the deadline (of `performance.now()`). */
  async begin(listener: Listener, deadline: number): Promise<void> {
    await delay(this.#delayMs);
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

  async #closedBy(deadline: number): Promise<void> {
    const timer = new AbortController();
    const timeout = delay(Math.max(0, deadline - performance.now()), undefined, timer);
    await Promise.race([this.#closed, timeout]).finally(() => timer.abort());
  }
}
