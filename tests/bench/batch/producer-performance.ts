import { join } from 'node:path';
import { Cache } from '../../../infra/local/cache.ts';
import { runCommand } from '../../../infra/local/command.ts';
import { Toolchain } from '../../../infra/local/toolchain.ts';

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
  bootstrapServers: string,
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
  const printed: string[] = [];
  const path = `${classPath}:${join(tools, '*')}`;
  const args = [
    ...[java, '-Xmx512m', '-cp', path, 'org.apache.kafka.tools.ProducerPerformance'],
    ...['--topic', topic, '--num-records', String(records), '--record-size', '1024', '--throughput', '-1'],
    ...['--producer-props', `bootstrap.servers=${bootstrapServers}`, ...SETTINGS],
  ];
  await runCommand('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', ...args], {
    host: process,
    cwd: '.',
    onLine: (line) => printed.push(line),
  });
  const text = printed.join('\n');
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(text) ?? [];
  const total = /^(\d+) records sent, ([\d.]+) records\/sec .*99\.9th\.$/m.exec(text);
  if (Number(total?.[1]) !== records)
    throw new Error(`ProducerPerformance did not send ${records}:\n${text}`);
  return { perSecond: Number(total?.[2]), cpu: Number(user) + Number(system) };
}
