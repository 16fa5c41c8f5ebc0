import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Sample } from '../bench.ts';
import { cpuSeconds } from '../cpu-time.ts';
import type { Lab, Subject } from '../lab.ts';
import { startFlask } from '../rivals/flask.ts';
import { pythonStack } from '../rivals/python.ts';
import { timedCommand } from '../timed-command.ts';

const PARTITIONS = [1, 6, 30] as const;
const SENDERS = { users: 1_000, perSecond: 50 };
const LOCUST_FILE = fileURLToPath(new URL('locustfile.py', import.meta.url));

const scenario = (partitions: number) => `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;

/** 1,000 users, 50 more each second, one event each second; the figures include the time in which they come. */
export const crowd: Bench = {
  name: 'crowd',
  title: 'Locust: 1,000 users, 50 more each second, one event of 1 KiB each second',
  plotted: 'p99Ms',
  goals: PARTITIONS.flatMap((partitions) => [
    { scenario: scenario(partitions), figure: 'errors' as const, atMost: 0 },
    { scenario: scenario(partitions), figure: 'p99Ms' as const, dividedBy: 'flask', atMost: 1 / 5 },
  ]),
  round: async (lab, { round, quick }) => {
    const samples: Sample[] = [];
    for (const partitions of quick ? [6] : PARTITIONS) {
      const topic = `crowd-${partitions}-${round}`;
      await lab.makeTopic(topic, partitions);
      const subjects = [() => lab.startHeadwater(topic), () => startFlask(lab, topic, SENDERS.users)];
      for (const start of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const subject = await start();
        samples.push({ scenario: scenario(partitions), round, ...(await measure(lab, subject, quick)) });
        await lab.end(subject);
      }
      await lab.deleteTopic(topic);
    }
    return samples;
  },
};

async function measure(
  lab: Lab,
  { name, endpoint, pid }: Subject,
  quick: boolean,
): Promise<Omit<Sample, 'scenario' | 'round'>> {
  const results = join(lab.directory, `locust-${pid}`);
  const seconds = SENDERS.users / SENDERS.perSecond + (quick ? 3 : 10);
  const command = [
    ...(['python3', '-m', 'locust', '-f', LOCUST_FILE, '--headless', '--only-summary'] as const),
    ...['--host', endpoint, '-u', String(SENDERS.users), '-r', String(SENDERS.perSecond)],
    ...['-t', `${seconds}s`, '--csv', results, '--exit-code-on-error', '0'],
  ] as const;
  const before = await cpuSeconds(pid);
  await timedCommand(command, {
    host: process,
    signal: lab.signal,
    environment: await pythonStack('locust'),
  });
  const cpu = (await cpuSeconds(pid)) - before;
  const [header = '', ...rows] = (await readFile(`${results}_stats.csv`, 'utf8')).trim().split('\n');
  const total = rows.at(-1)?.split(',') ?? [];
  const column = (title: string) => Number(total[header.split(',').indexOf(title)]);
  const events = column('Request Count') - column('Failure Count');
  return {
    subject: name,
    perSecond: column('Requests/s'),
    cpuSecondsPerMillion: (cpu * 1e6) / events,
    p50Ms: column('50%'),
    p99Ms: column('99%'),
    errors: column('Failure Count'),
  };
}
