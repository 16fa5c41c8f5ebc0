import { join } from 'node:path';
import { Cache } from '../../../infra/local/cache.ts';
import { runCommand } from '../../../infra/local/command.ts';
import { Toolchain } from '../../../infra/local/toolchain.ts';
import type { Lab } from '../lab.ts';
import { timedCommand } from '../timed-command.ts';

/** Holds the class; no part of what the brokers need. */
const TOOLS = 'org.apache.kafka:kafka-tools:3.9.2';
/** As ours has them. */
const SETTINGS = [
  'acks=all',
  'enable.idempotence=true',
  'linger.ms=3',
  'batch.size=524288',
  'buffer.memory=67108864',
];

/**
 * Kafka's own measuring client. Its rate is the one that it prints; its processor time is that of the whole process,
 * the start of the Java machine included.
 */
export async function runProducerPerformance(
  { kafka, signal }: Lab,
  topic: string,
  records: number,
): Promise<{ perSecond: number; cpu: number }> {
  const { java, classPath } = await new Toolchain({ host: process }).javaServer('kafka/3.9');
  const tools = await Cache.of(process).entry('bench-kafka-tools', [TOOLS], (directory) =>
    runCommand(
      'mvn',
      ['--batch-mode', 'dependency:copy', `-Dartifact=${TOOLS}`, `-DoutputDirectory=${directory}`],
      { host: process, cwd: directory },
    ),
  );
  const path = `${classPath}:${join(tools, '*')}`;
  const command = [
    ...([java, '-Xmx512m', '-cp', path, 'org.apache.kafka.tools.ProducerPerformance'] as const),
    ...['--topic', topic, '--num-records', String(records), '--record-size', '1024', '--throughput', '-1'],
    ...['--producer-props', `bootstrap.servers=${kafka.bootstrapServers}`, ...SETTINGS],
  ] as const;
  const { output, cpuSeconds } = await timedCommand(command, { host: process, signal });
  const total = /^(\d+) records sent, ([\d.]+) records\/sec .*99\.9th\.$/m.exec(output);
  if (Number(total?.[1]) !== records)
    throw new Error(`ProducerPerformance did not send ${records}:\n${output}`);
  return { perSecond: Number(total?.[2]), cpu: cpuSeconds };
}
