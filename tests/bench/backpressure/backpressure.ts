import { LIKE_A_POD } from '../../faults/pod-limit.ts';
import type { Bench, Sample } from '../bench.ts';
import type { Lab } from '../lab.ts';
import { peakMiB } from '../peak-memory.ts';
import type { Responses } from '../upload/responses.ts';
import { runClosedLoop } from '../upload/closed-loop.ts';
import { runOpenLoop } from '../upload/open-loop.ts';

const PARTITIONS = 6;
/**
 * Small, as for one who would rather have a 503 than wait: what is taken waits for at most so many others. On two
 * cores, which generator and brokers share with the producer, only so small a queue is full before the processor is:
 * with 32, twice the top rate needed more than both, and it was the processor that everything waited for.
 */
const QUEUE_MAX_RECORDS = 8;
/** 96 MiB, and five times the default of QUEUE_MAX_BYTES. */
const MEMORY_BOUND_MIB = 96 + 5 * 48;
const WARM_UP_SECONDS = 3;

const SCENARIO = `queue of ${QUEUE_MAX_RECORDS} events`;
const TOP = 'headwater at its top rate';
const ACCEPTED = 'headwater at twice that, accepted';
/** After the warm-up, which is at twice the top rate too. */
const AT_FIRST = 'headwater at twice that, at first';
const REFUSED = 'headwater at twice that, refused';

/** More events than the queue lets through: some are refused, and the others should not notice. */
export const backpressure: Bench = {
  name: 'backpressure',
  title: 'POST /upload, 1 KiB, at twice the top rate of a small queue',
  plotted: 'p99Ms',
  goals: [
    { scenario: SCENARIO, subject: ACCEPTED, figure: 'p99Ms', dividedBy: TOP, atMost: 2 },
    // At once: the p99 of both is that of the moments at which everything waits for a processor.
    { scenario: SCENARIO, subject: REFUSED, figure: 'p50Ms', dividedBy: ACCEPTED, atMost: 0.5 },
    { scenario: SCENARIO, subject: REFUSED, figure: 'p99Ms', dividedBy: ACCEPTED, atMost: 1 },
    // Else it was no overload.
    { scenario: SCENARIO, subject: REFUSED, figure: 'perSecond', dividedBy: TOP, atLeast: 0.5 },
    { scenario: SCENARIO, subject: ACCEPTED, figure: 'errors', atMost: 0 },
    { scenario: SCENARIO, subject: ACCEPTED, figure: 'peakMiB', dividedBy: AT_FIRST, atMost: 1.25 },
    { scenario: SCENARIO, subject: ACCEPTED, figure: 'peakMiB', atMost: MEMORY_BOUND_MIB },
  ],
  round: async (lab, { round, quick }) => {
    const seconds = quick ? 4 : 8;
    const topic = `backpressure-${round}`;
    await lab.makeTopic(topic, PARTITIONS);
    // As many connections as the queue has places keep it full, and none is refused.
    const closed = (endpoint: string, duration: number) =>
      runClosedLoop(endpoint, QUEUE_MAX_RECORDS, duration);
    const top = await measure(lab, topic, closed, seconds);
    const open = (endpoint: string, duration: number) =>
      runOpenLoop(endpoint, 2 * top.load.perSecond, duration);
    const twice = await measure(lab, topic, open, seconds);
    await lab.deleteTopic(topic);
    const { refused, errors, ...accepted } = twice.load;
    const sample = (subject: string, figures: Omit<Sample, 'scenario' | 'subject' | 'round'>): Sample => ({
      scenario: SCENARIO,
      subject,
      round,
      ...figures,
    });
    return [
      sample(TOP, { ...ratesOf(top.load), peakMiB: top.peak, errors: top.load.errors }),
      sample(ACCEPTED, {
        ...ratesOf(accepted),
        peakMiB: twice.peak,
        errors: errors - refused.events,
      }),
      sample(AT_FIRST, { peakMiB: twice.peakAtFirst }),
      sample(REFUSED, ratesOf(refused)),
    ];
  },
};

/** A process of its own for each load, since its peak is that of its life. */
async function measure<Load>(
  lab: Lab,
  topic: string,
  run: (endpoint: string, seconds: number) => Promise<Load>,
  seconds: number,
): Promise<{ readonly load: Load; readonly peakAtFirst: number; readonly peak: number }> {
  // On a whole machine Node collects late (docs/http.md).
  const { NODE_OPTIONS } = LIKE_A_POD;
  const variables = { QUEUE_MAX_RECORDS: String(QUEUE_MAX_RECORDS), NODE_OPTIONS };
  const producer = await lab.startHeadwater(topic, { variables });
  await run(producer.endpoint, WARM_UP_SECONDS);
  const peakAtFirst = await peakMiB(producer.pid);
  const load = await run(producer.endpoint, seconds);
  const peak = await peakMiB(producer.pid);
  await lab.end(producer);
  return { load, peakAtFirst, peak };
}

/** Without latencies where there are no answers: what was not measured misses its goal. */
function ratesOf({
  perSecond,
  events,
  p50Ms,
  p99Ms,
}: Responses): Pick<Sample, 'perSecond' | 'p50Ms' | 'p99Ms'> {
  return { perSecond, ...(events > 0 && { p50Ms, p99Ms }) };
}
