import { kafkaTool } from '../kafka-tools.ts';
import type { Lab } from '../lab.ts';
import { timedCommand } from '../timed-command.ts';

/**
 * Kafka's own measure of how fast a cluster is read; stores nothing. The time is its own, without that of joining its
 * group; its processor time is that of the whole process, the start of the Java machine included.
 */
export async function runConsumerPerformance(
  { kafka, signal }: Lab,
  topic: string,
  records: number,
): Promise<{ perSecond: number; cpuSecondsPerMillion: number }> {
  const command = [
    ...(await kafkaTool('ConsumerPerformance')),
    ...['--bootstrap-server', kafka.bootstrapServers, '--topic', topic],
    ...['--messages', String(records), '--timeout', '60000'],
  ] as const;
  const { output, cpuSeconds } = await timedCommand(command, { host: process, signal });
  const line = output.split('\n').find((candidate) => /^\d{4}-/.test(candidate)) ?? '';
  const [, , , , read = 0, , , fetchMs = 0] = line.split(',').map(Number);
  if (read < records) throw new Error(`ConsumerPerformance read ${read} of ${records} records:\n${output}`);
  return { perSecond: (read * 1_000) / fetchMs, cpuSecondsPerMillion: (cpuSeconds * 1e6) / read };
}
