import type { Bench, Sample } from '../bench.ts';
import { cpuSeconds } from '../cpu-time.ts';
import { runProducerPerformance } from './producer-performance.ts';
import { uploadLines } from './upload-lines.ts';

const PARTITIONS = 6;
const UPLOADS = 6;
const SCENARIO = '6 uploads at once';

/** `POST /upload/batch` beside the client that Kafka measures itself with, on the same topic. */
export const batch: Bench = {
  name: 'batch',
  title: 'POST /upload/batch, lines of 1 KiB, acks=all, replication 3',
  plotted: 'perSecond',
  goals: [
    { scenario: SCENARIO, figure: 'perSecond', dividedBy: 'ProducerPerformance', atLeast: 1 },
    { scenario: SCENARIO, figure: 'cpuSecondsPerMillion', dividedBy: 'ProducerPerformance', atMost: 0.5 },
  ],
  round: async (lab, { round, quick }) => {
    // So many that the start of ProducerPerformance's Java machine is a small part of its processor time.
    // The same number in every upload.
    const records = quick ? 300_000 : 1_000_002;
    const topic = `batch-${round}`;
    await lab.makeTopic(topic, PARTITIONS);
    const subjects = [
      async (): Promise<Sample> => {
        const subject = await lab.startHeadwater(topic);
        await uploadLines(subject.endpoint, UPLOADS, 30_000);
        const before = await cpuSeconds(subject.pid);
        const { seconds, stored } = await uploadLines(subject.endpoint, UPLOADS, records);
        const cpu = (await cpuSeconds(subject.pid)) - before;
        await lab.end(subject);
        return {
          scenario: SCENARIO,
          subject: 'headwater',
          round,
          perSecond: stored / seconds,
          cpuSecondsPerMillion: (cpu / stored) * 1e6,
          errors: records - stored,
        };
      },
      async (): Promise<Sample> => {
        const { perSecond, cpu } = await runProducerPerformance(lab, topic, records);
        return {
          scenario: SCENARIO,
          subject: 'ProducerPerformance',
          round,
          perSecond,
          cpuSecondsPerMillion: (cpu / records) * 1e6,
          errors: 0,
        };
      },
    ];
    const samples: Sample[] = [];
    for (const measure of round % 2 === 0 ? subjects : subjects.toReversed()) samples.push(await measure());
    await lab.deleteTopic(topic);
    return samples;
  },
};
