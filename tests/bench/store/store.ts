import type { Bench, Sample } from '../bench.ts';
import { fillBacklog } from './backlog.ts';
import { runConsumerPerformance } from './consumer-performance.ts';
import { storeBacklog } from './headwater.ts';
import { storeWithPython } from './python.ts';

const PARTITIONS = 6;
const TOPIC = 'store';
const READER = 'ConsumerPerformance';
const TENS = 'kafka-python and boto3, 10 events an object';
const EQUAL = 'kafka-python and boto3, 8,192 events an object, gzip';
/** As many lines of 1 KiB as ours closes an object at (8 MiB). */
const EQUAL_RECORDS = 8_192;

/** A backlog into the object store. */
export const store: Bench = {
  name: 'store',
  title: 'A backlog of 1 KiB events into the object store, 6 partitions',
  plotted: 'perSecond',
  goals: [
    ...[
      { codec: 'zstd', atLeast: 0.5 },
      { codec: 'gzip', atLeast: 0.25 },
      { codec: 'none', atLeast: 0.8 },
    ].map(({ codec, atLeast }) => ({
      scenario: 'backlog',
      subject: `headwater, ${codec}`,
      figure: 'perSecond' as const,
      dividedBy: READER,
      atLeast,
    })),
    { scenario: 'backlog', subject: 'headwater, gzip', figure: 'perSecond', dividedBy: TENS, atLeast: 30 },
    { scenario: 'backlog', subject: 'headwater, gzip', figure: 'perSecond', dividedBy: EQUAL, atLeast: 5 },
    // What it may buffer, 128 MiB, and at most 120 MiB besides.
    { scenario: 'backlog', subject: 'headwater, gzip', figure: 'peakMiB', atMost: 248 },
  ],
  round: async (lab, { round, quick }) => {
    // The same number in every partition.
    const records = quick ? 150_000 : 1_000_002;
    if (round === 1) {
      await lab.makeTopic(TOPIC, PARTITIONS);
      await fillBacklog(lab, TOPIC, PARTITIONS, records);
      // The first to read finds colder caches than those who follow: that one is not counted.
      await runConsumerPerformance(lab, TOPIC, records);
    }
    const ours = (codec: 'none' | 'gzip' | 'zstd') => ({
      subject: `headwater, ${codec}`,
      measure: () => storeBacklog(lab, TOPIC, { codec, records, name: `${codec}-${round}` }),
    });
    const python = (subject: string, name: string, maxRecords: number, codec: 'none' | 'gzip') => ({
      subject,
      measure: () =>
        storeWithPython(lab, TOPIC, { name: `${name}-${round}`, maxRecords, codec, records, seconds: 6 }),
    });
    const subjects = [
      { subject: READER, measure: () => runConsumerPerformance(lab, TOPIC, records) },
      ours('none'),
      ours('gzip'),
      ours('zstd'),
      python(TENS, 'tens', 10, 'none'),
      python(EQUAL, 'equal', EQUAL_RECORDS, 'gzip'),
    ];
    const samples: Sample[] = [];
    for (const { subject, measure } of round % 2 === 0 ? subjects.toReversed() : subjects) {
      samples.push({ scenario: 'backlog', subject, round, ...(await measure()) });
    }
    return samples;
  },
};
