import { setTimeout as sleep } from 'node:timers/promises';

/** Waits that double from `firstMs` to `maxMs`, each drawn from the upper half, so that many do not return at once. */
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

  /** @throws the signal's reason where it aborts */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.nextMs(), undefined, { signal });
  }
}
