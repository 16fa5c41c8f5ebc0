/**
 * A rate with a burst. A cost above the burst needs a full bucket and leaves a debt, so that a large event is neither
 * refused for ever nor free: over time no more than the rate passes.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** @param now in milliseconds, as for every method; never earlier than before */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Milliseconds until the cost may be spent; 0 if it may now. */
  waitMs(cost: number, now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    return Math.max(0, Math.min(cost, this.#burst) - this.#tokens) / this.#perMs;
  }

  spend(cost: number): void {
    this.#tokens -= cost;
  }
}
