import { waitUntil } from '../../infra/local/wait.ts';
import type { Platform } from './platform.ts';
import type { Stream } from './stream.ts';

/** The partitions of a stream that a broker leads now. */
export async function partitionsLedBy(platform: Platform, stream: Stream, broker: number): Promise<number[]> {
  const states = await platform.observer.partitions(stream.topic);
  return states.filter(({ leader }) => leader === broker).map(({ partition }) => partition);
}

/** Waits until every broker has every partition in sync. @returns after how many milliseconds. */
export async function untilInSync(platform: Platform, stream: Stream): Promise<number> {
  const since = performance.now();
  await waitUntil(
    async () => {
      const states = await platform.observer.partitions(stream.topic);
      return states.every(({ inSyncReplicas }) => inSyncReplicas.length === platform.brokers);
    },
    { what: `in sync: every replica of ${stream.topic}`, deadlineMs: 60_000, everyMs: 200 },
  );
  return performance.now() - since;
}
