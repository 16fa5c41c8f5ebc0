/**
 * Waits for a promise until the signal aborts, and leaves no listener on the signal. In a loop, a listener or a
 * `Promise.race` with one long-lived promise would leave one more each time.
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
