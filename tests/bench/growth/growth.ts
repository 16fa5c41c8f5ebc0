import type { Bench, Sample } from '../bench.ts';
import { cpuSeconds } from '../cpu-time.ts';
import type { Lab } from '../lab.ts';
import { runWrk } from '../upload/wrk.ts';

interface Point {
  readonly scenario: string;
  readonly partitions: number;
  readonly bytes: number;
  readonly processes: number;
}

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 1;
const USUAL = { partitions: 6, bytes: 1_024, processes: 1 };

/** Each differs from the usual one in one respect. */
const POINTS: readonly Point[] = [
  ...[1, 6, 30, 120].map((partitions) => ({ ...USUAL, partitions, scenario: `partitions: ${partitions}` })),
  ...[100, 1_024, 65_536, 921_600].map((bytes) => ({ ...USUAL, bytes, scenario: `bytes: ${bytes}` })),
  ...[1, 2].map((processes) => ({ ...USUAL, processes, scenario: `processes: ${processes}` })),
];

/** What an event costs the producer, and the brokers, as one thing grows. */
export const growth: Bench = {
  name: 'growth',
  title: `POST /upload, ${CONNECTIONS} connections: what grows with partitions, sizes and processes`,
  plotted: 'cpuSecondsPerMillion',
  goals: [],
  round: async (lab, { round, quick }) => {
    const samples: Sample[] = [];
    for (const point of POINTS) samples.push(...(await measure(lab, point, round, quick ? 2 : 4)));
    return samples;
  },
};

async function measure(lab: Lab, point: Point, round: number, seconds: number): Promise<Sample[]> {
  const { scenario, partitions, bytes, processes } = point;
  const topic = `growth-${partitions}-${bytes}-${processes}-${round}`;
  await lab.makeTopic(topic, partitions);
  const numbers = Array.from({ length: processes }, (_, index) => index + 1);
  const producers = await Promise.all(numbers.map((number) => lab.startHeadwater(topic, { number })));
  const load = (duration: number) =>
    Promise.all(
      producers.map(({ endpoint }) => runWrk(endpoint, CONNECTIONS / processes, duration, lab.signal, bytes)),
    );
  const cpuOf = async (pids: readonly (number | undefined)[]) =>
    (await Promise.all(pids.map((pid) => cpuSeconds(pid ?? 0)))).reduce((sum, cpu) => sum + cpu, 0);
  const cpu = () =>
    Promise.all([cpuOf(producers.map(({ pid }) => pid)), cpuOf(lab.kafka.processes.map(({ pid }) => pid))]);
  await load(WARM_UP_SECONDS);
  const [ownBefore, brokersBefore] = await cpu();
  const results = await load(seconds);
  const [own, brokers] = await cpu();
  for (const producer of producers) await lab.end(producer);
  await lab.deleteTopic(topic);
  const sum = (figure: 'events' | 'perSecond' | 'errors') =>
    results.reduce((total, result) => total + result[figure], 0);
  return [
    {
      scenario,
      subject: 'headwater',
      round,
      perSecond: sum('perSecond'),
      cpuSecondsPerMillion: ((own - ownBefore) * 1e6) / sum('events'),
      p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
      errors: sum('errors'),
    },
    {
      scenario,
      subject: 'brokers and ZooKeeper',
      round,
      cpuSecondsPerMillion: ((brokers - brokersBefore) * 1e6) / sum('events'),
    },
  ];
}
