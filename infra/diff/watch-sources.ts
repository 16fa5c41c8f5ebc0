import { watch } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Editors write a file in several steps: waits until they have finished. */
const QUIET_MS = 150;

/**
 * Calls `act` at once, and again after each change of a source in the directory. Changes during a call lead to one more
 * call.
 *
 * @param signal ends it after the current call
 */
export async function watchSources(
  directory: string,
  signal: AbortSignal,
  act: () => Promise<void>,
): Promise<void> {
  let changed = Promise.withResolvers<undefined>();
  const look = async (): Promise<void> => {
    for await (const { filename } of watch(directory, { recursive: true, signal })) {
      if (filename === null || /\.(ts|json)$/.test(filename)) changed.resolve(undefined);
    }
  };
  const looking = look().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  for (;;) {
    await act();
    await Promise.race([changed.promise, looking]);
    if (signal.aborted) return looking;
    await sleep(QUIET_MS);
    changed = Promise.withResolvers<undefined>();
  }
}
