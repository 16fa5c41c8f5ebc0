import { percentile } from '../percentile.ts';

/** Responses of one kind. */
export interface Responses {
  readonly perSecond: number;
  readonly events: number;
  /** NaN where there are none, as is {@link p99Ms}. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function responsesOf(latencies: readonly number[], seconds: number): Responses {
  const ascending = latencies.toSorted((a, b) => a - b);
  return {
    perSecond: ascending.length / seconds,
    events: ascending.length,
    p50Ms: percentile(ascending, 0.5),
    p99Ms: percentile(ascending, 0.99),
  };
}
