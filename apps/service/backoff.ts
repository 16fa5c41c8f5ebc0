import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Exponential backoff from `firstMs` to `maxMs`. Each wait is drawn from the upper half, so that clients do not retry
 * in step.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #attempt = 0;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  reset(): void {
    this.#attempt = 0;
  }

  nextMs(): number {
    const full = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return full * (0.5 + Math.random() / 2);
  }

  /** @throws the signal's reason if it aborts */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.nextMs(), undefined, { signal });
  }
}
