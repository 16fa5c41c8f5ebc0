import { kafkaTool } from '../kafka-tools.ts';
import type { Lab } from '../lab.ts';
import { timedCommand } from '../timed-command.ts';

/** As ours has them. */
const SETTINGS = [
  'acks=all',
  'enable.idempotence=true',
  'linger.ms=1',
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
  const command = [
    ...(await kafkaTool('ProducerPerformance')),
    ...['--topic', topic, '--num-records', String(records), '--record-size', '1024', '--throughput', '-1'],
    ...['--producer-props', `bootstrap.servers=${kafka.bootstrapServers}`, ...SETTINGS],
  ] as const;
  const { output, cpuSeconds } = await timedCommand(command, { host: process, signal });
  const total = /^(\d+) records sent, ([\d.]+) records\/sec .*99\.9th\.$/m.exec(output);
  if (Number(total?.[1]) !== records)
    throw new Error(`ProducerPerformance did not send ${records}:\n${output}`);
  return { perSecond: Number(total?.[2]), cpu: cpuSeconds };
}
