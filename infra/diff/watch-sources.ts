import { watch } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Editors write a file in several steps. */
const QUIET_MS = 150;

/**
 * Does something at once, and again each time that a source in the directory has changed and a moment passed; what changes
 * meanwhile is a change of the next time.
 *
 * @param signal ends it, when what is being done is done
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
