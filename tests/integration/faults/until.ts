import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for a condition, asked every 50 ms; where asking fails, the condition does not hold yet.
 *
 * @throws after `timeoutMs`, naming what was waited for and the last error of asking.
 */
export async function until(
  awaited: string,
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      if (await condition()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(50);
  }
  throw new Error(`not within ${timeoutMs} ms: ${awaited}`, { cause });
}
