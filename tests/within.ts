import { setTimeout } from 'node:timers/promises';

/**
 * The promise's outcome, unless a timer of this very process ends first. Where the machine stands still both do: only what
 * really takes longer than it may is late, and not what had no processor to run on.
 *
 * @throws {Error} where it is late
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const late = setTimeout(ms, undefined, { signal: waiting.signal }).then(() => {
    throw new Error(`not within ${ms} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    waiting.abort();
  }
}
