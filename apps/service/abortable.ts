/**
 * Waits for a promise until the signal aborts. Leaves nothing behind on the signal: in a loop, a listener or a
 * `Promise.race` with one long-lived promise would add to it each time.
 *
 * @throws the signal's reason if it aborts first
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
