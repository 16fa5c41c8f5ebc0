import { randomBytes } from 'node:crypto';
import { Producer } from '@platformatic/kafka';
import type { Lab } from '../lab.ts';

const BATCH = 500;
const EVENT_BYTES = 1024;

/** Fills a topic with events of 1 KiB, a quarter of each random, the same number in every partition. */
export async function fillBacklog(
  { kafka }: Lab,
  topic: string,
  partitions: number,
  events: number,
): Promise<void> {
  const bootstrapBrokers = kafka.bootstrapServers.split(',');
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers });
  const fillPartition = async (partition: number): Promise<void> => {
    for (let sent = 0; sent < events / partitions; sent += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, events / partitions - sent) }, (_, index) => ({
        topic,
        partition,
        value: event(sent + index),
      }));
      await producer.send({ messages, acks: -1 });
    }
  };
  try {
    await Promise.all(Array.from({ length: partitions }, (_, partition) => fillPartition(partition)));
  } finally {
    await producer.close();
  }
}

function event(n: number): Buffer {
  const head = `{"n":${n},"action":"click","session":"${randomBytes(128).toString('hex')}","path":"`;
  return Buffer.from(`${head.padEnd(EVENT_BYTES - 2, '/products/shoes')}"}`);
}
