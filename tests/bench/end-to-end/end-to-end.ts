import { join } from 'node:path';
import type { Application } from '../../../infra/local/application.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Bench, Sample } from '../bench.ts';
import { consumerMetrics } from '../consumer-metrics.ts';
import type { Lab } from '../lab.ts';
import { runOpenLoop } from '../upload/open-loop.ts';
import { latenciesOf, percentile } from './latencies.ts';

const PARTITIONS = 6;
const RATES = [500, 5_000] as const;
const WARM_UP = { rate: 500, seconds: 2 };
const FLUSH_MAX_AGE_MS = 250;

/**
 * From the time at which an event was due to be posted until its object was there. An object is closed 250 ms after its
 * first event, which is most of the time; the default, 30 s, is for fewer objects.
 */
export const endToEnd: Bench = {
  name: 'end-to-end',
  title: `From the POST to the object, FLUSH_MAX_AGE_MS=${FLUSH_MAX_AGE_MS}`,
  plotted: 'p99Ms',
  goals: [],
  round: async (lab, { round, quick }) => {
    const samples: Sample[] = [];
    for (const rate of RATES) samples.push(await measure(lab, rate, round, quick ? 4 : 8));
    return samples;
  },
};

/** On a topic and with programs of its own; a first load that warms them up is stored apart and not counted. */
async function measure(lab: Lab, rate: number, round: number, seconds: number): Promise<Sample> {
  const name = `end-to-end-${rate}-${round}`;
  await lab.makeTopic(name, PARTITIONS);
  const variables = { OBJECT_CODEC: 'none', FLUSH_MAX_AGE_MS: String(FLUSH_MAX_AGE_MS) } as const;
  const consumer = await lab.consumer(name, name, variables);
  const [producer] = await Promise.all([lab.startHeadwater(name), consumer.start()]);
  try {
    const warm = await runOpenLoop(producer.endpoint, WARM_UP.rate, WARM_UP.seconds, eventOf);
    await stored(consumer, warm.events);
    const begun = performance.timeOrigin + performance.now();
    const sent = await runOpenLoop(producer.endpoint, rate, seconds, eventOf);
    await stored(consumer, warm.events + sent.events);
    const latencies = await latenciesOf(join(lab.store.files, name), begun);
    return {
      scenario: `${rate} events/s wanted`,
      subject: 'headwater',
      round,
      perSecond: sent.perSecond,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      p999Ms: percentile(latencies, 0.999),
      errors: sent.errors,
    };
  } finally {
    await lab.end(producer);
    await consumer.stop();
    await lab.deleteTopic(name);
    await lab.removeObjects(name);
  }
}

function eventOf(dueAt: number): string {
  const sentAt = (performance.timeOrigin + dueAt).toFixed(3);
  return `${`{"sentAt":${sentAt},"text":"`.padEnd(1_022, 'lorem ipsum ')}"}`;
}

/** Waits until the consumer has stored so many records. */
async function stored({ endpoint }: Application, records: number): Promise<void> {
  await waitUntil(async () => (await consumerMetrics(endpoint))('records_total') >= records, {
    what: `stored: ${records} records`,
    deadlineMs: 60_000,
    everyMs: 100,
  });
}
