import type { Bench, Sample } from '../bench.ts';
import { cpuSeconds } from '../cpu-time.ts';
import type { Lab, Subject } from '../lab.ts';
import { fileURLToPath } from 'node:url';
import { startFlask } from '../rivals/flask.ts';
import { OPEN_LOOP_CONNECTIONS, runOpenLoop } from './open-loop.ts';
import { runWrk } from './wrk.ts';

const PARTITIONS = 6;
const CONNECTIONS = [64, 1_000] as const;
const WARM_UP_SECONDS = 2;
const HALF = 'open loop, half of its own top rate';

interface Load {
  readonly events: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

/** `POST /upload` of 1 KiB, each answered after the acknowledgement of Kafka. */
export const upload: Bench = {
  name: 'upload',
  title: 'POST /upload, 1 KiB, acks=all, replication 3',
  plotted: 'perSecond',
  goals: [
    { scenario: '64 connections', figure: 'perSecond', dividedBy: 'flask', atLeast: 15 },
    { scenario: '1000 connections', figure: 'perSecond', dividedBy: 'flask', atLeast: 16 },
    { scenario: '64 connections', figure: 'cpuSecondsPerMillion', dividedBy: 'flask', atMost: 1 / 25 },
    { scenario: '1000 connections', figure: 'cpuSecondsPerMillion', dividedBy: 'flask', atMost: 1 / 25 },
    { scenario: '64 connections', figure: 'perSecond', dividedBy: 'ceiling', atLeast: 0.45 },
    { scenario: '1000 connections', figure: 'perSecond', dividedBy: 'ceiling', atLeast: 0.6 },
    { scenario: HALF, figure: 'p99Ms', atMost: 20 },
    { scenario: HALF, figure: 'p99Ms', dividedBy: 'flask', atMost: 1 / 10 },
  ],
  round: async (lab, { round, quick }) => {
    const seconds = quick ? 4 : 6;
    const topic = `upload-${round}`;
    await lab.makeTopic(topic, PARTITIONS);
    const samples: Sample[] = [];
    const subjects = [
      { name: 'headwater', start: () => lab.startHeadwater(topic) },
      { name: 'flask', start: (connections: number) => startFlask(lab, topic, connections) },
      { name: 'ceiling', start: () => startCeiling(lab) },
    ];
    // In turn, so that none always has the machine as another left it.
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    const top = new Map<string, number>();
    for (const connections of CONNECTIONS) {
      for (const { name, start } of order) {
        const scenario = `${connections} connections`;
        const sample = await measure(lab, await start(connections), { scenario, round }, (endpoint, warm) =>
          runWrk(endpoint, connections, warm ? WARM_UP_SECONDS : seconds, lab.signal),
        );
        samples.push(sample);
        top.set(name, Math.max(top.get(name) ?? 0, sample.perSecond ?? 0));
      }
    }
    for (const { name, start } of order) {
      if (name === 'ceiling') continue;
      const rate = (top.get(name) ?? 0) / 2;
      const subject = await start(OPEN_LOOP_CONNECTIONS);
      samples.push(
        await measure(lab, subject, { scenario: HALF, round }, (endpoint, warm) =>
          runOpenLoop(endpoint, rate, warm ? WARM_UP_SECONDS : seconds),
        ),
      );
    }
    await lab.deleteTopic(topic);
    return samples;
  },
};

/** The same HTTP side; a record counts as stored at once. */
function startCeiling(lab: Lab): Promise<Subject> {
  const entry = fileURLToPath(new URL('ceiling.ts', import.meta.url));
  return lab.serve('ceiling', (port) => ({ command: [process.execPath, entry, String(port)] }));
}

async function measure(
  lab: Lab,
  subject: Subject,
  { scenario, round }: Pick<Sample, 'scenario' | 'round'>,
  load: (endpoint: string, warm: boolean) => Promise<Load>,
): Promise<Sample> {
  await load(subject.endpoint, true);
  const before = await cpuSeconds(subject.pid);
  const { events, perSecond, p50Ms, p99Ms, errors } = await load(subject.endpoint, false);
  const cpu = (await cpuSeconds(subject.pid)) - before;
  await lab.end(subject);
  const cpuSecondsPerMillion = (cpu / events) * 1e6;
  return { scenario, subject: subject.name, round, perSecond, cpuSecondsPerMillion, p50Ms, p99Ms, errors };
}
