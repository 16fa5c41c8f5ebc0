import { setTimeout as sleep } from 'node:timers/promises';
import type { Codec } from '../../../apps/consumer/object/segment.ts';
import type { Sample } from '../bench.ts';
import { consumerMetrics } from '../consumer-metrics.ts';
import { cpuSeconds } from '../cpu-time.ts';
import type { Lab } from '../lab.ts';
import { peakMiB } from '../peak-memory.ts';

/** Of the backlog. What is left then are mostly objects that nothing fills any more: they wait until they are old enough. */
const MEASURED_SHARE = 0.95;
/** Each look at the metrics takes a millisecond of the consumer's: only near the end is it worth looking often. */
const POLL_MS = { early: 200, late: 20 };
const LATE_SHARE = 0.85;
const DEADLINE_MS = 180_000;

/** Stores a backlog with our consumer at its defaults: from the first fetch until {@link MEASURED_SHARE} is stored. */
export async function storeBacklog(
  lab: Lab,
  topic: string,
  { codec, records, name }: { readonly codec: Codec; readonly records: number; readonly name: string },
): Promise<Pick<Sample, 'perSecond' | 'cpuSecondsPerMillion' | 'peakMiB'>> {
  const consumer = await lab.consumer(name, topic, { OBJECT_CODEC: codec });
  await consumer.start();
  const pid = consumer.pid ?? 0;
  try {
    let begun = performance.now();
    let cpuBefore = await cpuSeconds(pid);
    const deadline = begun + DEADLINE_MS;
    while (performance.now() < deadline && !lab.signal.aborted) {
      const metrics = await consumerMetrics(consumer.endpoint);
      const stored = metrics('records_total');
      if (stored === 0 && metrics('memory_bytes') === 0) {
        begun = performance.now();
        cpuBefore = await cpuSeconds(pid);
      }
      if (stored < MEASURED_SHARE * records) {
        await sleep(stored > 0 && stored < LATE_SHARE * records ? POLL_MS.early : POLL_MS.late);
        continue;
      }
      const seconds = (performance.now() - begun) / 1_000;
      return {
        perSecond: stored / seconds,
        cpuSecondsPerMillion: (((await cpuSeconds(pid)) - cpuBefore) * 1e6) / stored,
        peakMiB: await peakMiB(pid),
      };
    }
    throw new Error(
      `${name}: ${MEASURED_SHARE} of ${records} records must be stored within ${DEADLINE_MS} ms`,
    );
  } finally {
    await consumer.stop();
    await lab.removeObjects(name);
  }
}
