import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Describes the condition in the error: "not <what> within 5 s". */
  readonly what: string;
  readonly deadlineMs: number;
  /** @default 50 */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Polls a condition until it returns neither false nor undefined. A condition that throws is polled again, and its last
 * error is the cause of the timeout.
 *
 * @throws {Error} at the deadline; the signal's reason if it aborts
 */
export async function waitUntil<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  { what, deadlineMs, everyMs = 50, signal }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) break;
    await sleep(everyMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
  throw new Error(`not ${what} within ${deadlineMs / 1000} s`, { ...(cause !== undefined && { cause }) });
}
