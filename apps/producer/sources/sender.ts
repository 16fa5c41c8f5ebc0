import type { Limits } from './settings.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a source has sent since the start of the process. */
export interface SourceCounts {
  readonly name: string;
  events: number;
  bytes: number;
  /** Requests, and lines of batches, that were over a limit. */
  overQuota: number;
}

/** One bucket for each rate that is limited. */
export interface Buckets {
  readonly requests: TokenBucket | undefined;
  readonly events: TokenBucket | undefined;
  readonly bytes: TokenBucket | undefined;
}

export function bucketsOf(limits: Limits, now: number): Buckets {
  const { requestsPerSecond, eventsPerSecond, bytesPerSecond, burstSeconds } = limits;
  const bucket = (rate: number | undefined) =>
    rate === undefined ? undefined : new TokenBucket(rate, Math.max(1, rate * burstSeconds), now);
  return {
    requests: bucket(requestsPerSecond),
    events: bucket(eventsPerSecond),
    bytes: bucket(bytesPerSecond),
  };
}

/** Who may send: one key of a source, or everybody where the source is open. */
export class Sender {
  readonly source: SourceCounts;
  /** Those of the source, which its keys share, and those of the key. */
  readonly #buckets: readonly Buckets[];
  readonly #now: () => number;

  constructor(source: SourceCounts, buckets: readonly Buckets[], now: () => number) {
    this.source = source;
    this.#buckets = buckets;
    this.#now = now;
  }

  /** Milliseconds until every limit admits this; 0 if each does now. Counts what is refused. */
  waitMs(requests: number, events: number, bytes: number): number {
    if (this.#buckets.length === 0) return 0;
    const now = this.#now();
    let wait = 0;
    for (const buckets of this.#buckets) {
      if (requests > 0) wait = Math.max(wait, buckets.requests?.waitMs(requests, now) ?? 0);
      if (events > 0) wait = Math.max(wait, buckets.events?.waitMs(events, now) ?? 0);
      if (bytes > 0) wait = Math.max(wait, buckets.bytes?.waitMs(bytes, now) ?? 0);
    }
    if (wait > 0) this.source.overQuota++;
    return wait;
  }

  /** Charges what was admitted. */
  spend(requests: number, events: number, bytes: number): void {
    this.source.events += events;
    this.source.bytes += bytes;
    for (const buckets of this.#buckets) {
      buckets.requests?.spend(requests);
      buckets.events?.spend(events);
      buckets.bytes?.spend(bytes);
    }
  }

  /** Charges it if every limit admits it, otherwise nothing. @returns as {@link waitMs} */
  take(requests: number, events: number, bytes: number): number {
    const wait = this.waitMs(requests, events, bytes);
    if (wait === 0) this.spend(requests, events, bytes);
    return wait;
  }
}
