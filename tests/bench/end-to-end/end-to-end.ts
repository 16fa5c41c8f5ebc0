import { join } from 'node:path';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Bench, Sample } from '../bench.ts';
import { consumerMetrics } from '../consumer-metrics.ts';
import type { Lab, Subject } from '../lab.ts';
import { percentile } from '../percentile.ts';
import { runOpenLoop } from '../upload/open-loop.ts';
import { latenciesOf } from './latencies.ts';
import { highestRate, outcomeOf, watchLag, type Highest, type Outcome } from './sustained.ts';

const PARTITIONS = 6;
const RATES = [500, 5_000] as const;
const WARM_UP = { rate: 500, seconds: 2 };
const FLUSH_MAX_AGE_MS = 250;
const TRY_SECONDS = 4;
const FLAT = 'the most at which lag stays flat';

/**
 * From the time at which an event was due to be posted until its object was there. An object is closed 250 ms after its
 * first event, which is most of the time; the default, 30 s, is for fewer objects.
 */
export const endToEnd: Bench = {
  name: 'end-to-end',
  title: `From the POST to the object, FLUSH_MAX_AGE_MS=${FLUSH_MAX_AGE_MS}`,
  plotted: 'p99Ms',
  goals: [],
  round: (lab, { round, quick }) =>
    withPipeline(lab, `end-to-end-${round}`, async (pipeline) => {
      const subject = 'headwater';
      const samples: Sample[] = [];
      for (const rate of RATES) {
        const figures = await latencies(pipeline, rate, quick ? 4 : 6);
        samples.push({ scenario: `${rate} events/s wanted`, subject, round, ...figures });
      }
      // Warm by now: the programs and the brokers have compiled what runs at high rates.
      const highest = await highestRate((rate) => tryRate(pipeline, rate));
      const { perSecond } = highest;
      return [...samples, { scenario: scenarioOf(highest), subject, round, perSecond }];
    }),
};

interface Pipeline {
  readonly producer: Subject;
  /** How many records are stored by now. */
  readonly stored: () => Promise<number>;
  /** Where the objects are, as files. */
  readonly folder: string;
}

/** A topic and programs of its own; a first load that warms them up is stored before. */
async function withPipeline<Result>(
  lab: Lab,
  name: string,
  use: (pipeline: Pipeline) => Promise<Result>,
): Promise<Result> {
  await lab.makeTopic(name, PARTITIONS);
  const variables = { OBJECT_CODEC: 'none', FLUSH_MAX_AGE_MS: String(FLUSH_MAX_AGE_MS) } as const;
  const consumer = await lab.consumer(name, name, variables);
  const [producer] = await Promise.all([lab.startHeadwater(name), consumer.start()]);
  const pipeline = {
    producer,
    stored: async () => (await consumerMetrics(consumer.endpoint))('records_total'),
    folder: join(lab.store.files, name),
  };
  try {
    const { events } = await runOpenLoop(producer.endpoint, WARM_UP.rate, WARM_UP.seconds, {
      bodyOf: eventOf,
    });
    await allStored(pipeline, events);
    return await use(pipeline);
  } finally {
    await lab.end(producer);
    await consumer.stop();
    await lab.deleteTopic(name);
    await lab.removeObjects(name);
  }
}

async function latencies(
  pipeline: Pipeline,
  rate: number,
  seconds: number,
): Promise<Pick<Sample, 'perSecond' | 'p50Ms' | 'p99Ms' | 'p999Ms' | 'errors'>> {
  const before = await pipeline.stored();
  const begun = performance.timeOrigin + performance.now();
  const sent = await runOpenLoop(pipeline.producer.endpoint, rate, seconds, {
    bodyOf: eventOf,
  });
  await allStored(pipeline, before + sent.events);
  const ascending = await latenciesOf(pipeline.folder, begun);
  return {
    perSecond: sent.perSecond,
    p50Ms: percentile(ascending, 0.5),
    p99Ms: percentile(ascending, 0.99),
    p999Ms: percentile(ascending, 0.999),
    errors: sent.errors,
  };
}

/** A figure that is only a lower bound is not put among the others. */
function scenarioOf({ next }: Highest): string {
  if (next === 'behind') return FLAT;
  return `${FLAT}, at least (${next === undefined ? 'no higher rate was tried' : 'the generator sent no more'})`;
}

/** Posts at a rate and sees whether what is posted is stored as fast as it is due. Ends once all of it is stored. */
async function tryRate(pipeline: Pipeline, rate: number): Promise<Outcome> {
  const before = await pipeline.stored();
  const hopeless = new AbortController();
  const [begun, cpuBefore] = [performance.now(), process.cpuUsage()];
  const watching = watchLag(rate, TRY_SECONDS, async () => (await pipeline.stored()) - before).then(
    (lags) => {
      const { user, system } = process.cpuUsage(cpuBefore);
      const generatorShare = (user + system) / 1_000 / (performance.now() - begun);
      hopeless.abort();
      return { lags, generatorShare };
    },
  );
  const load = { bodyOf: eventOf, signal: hopeless.signal };
  const [sent, { lags, generatorShare }] = await Promise.all([
    runOpenLoop(pipeline.producer.endpoint, rate, TRY_SECONDS, load),
    watching,
  ]);
  await allStored(pipeline, before + sent.events);
  const outcome = outcomeOf(lags, rate, generatorShare);
  const { seconds: after, events } = lags.at(-1) ?? { seconds: NaN, events: NaN };
  console.log(
    `  ${rate} events/s: ${outcome}; lag ${Math.round((1_000 * events) / rate)} ms after ${after.toFixed(1)} s, ` +
      `generator ${Math.round(100 * generatorShare)} % of a core`,
  );
  return outcome;
}

function eventOf(dueAt: number): string {
  const sentAt = (performance.timeOrigin + dueAt).toFixed(3);
  return `${`{"sentAt":${sentAt},"text":"`.padEnd(1_022, 'lorem ipsum ')}"}`;
}

async function allStored({ stored }: Pipeline, records: number): Promise<void> {
  await waitUntil(async () => (await stored()) >= records, {
    what: `stored: ${records} records`,
    deadlineMs: 60_000,
    everyMs: 100,
  });
}
