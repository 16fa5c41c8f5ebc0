import { randomBytes, randomUUID } from 'node:crypto';
import type { KafkaClient, Target } from './client.ts';
import { startClock, type Cost } from './clock.ts';
import { partitions, valueBytes } from './produce.ts';

/** Records waiting in the topic before anyone consumes. */
export const backlogRecords = 300_000;

const timeoutMs = 60_000;

export async function fillBacklog(client: KafkaClient, target: Target): Promise<object> {
  const sender = await client.connectProducer(target);
  const values = Array.from({ length: 500 }, () => randomBytes(valueBytes));
  for (let sent = 0; sent < backlogRecords; sent += values.length * partitions) {
    await Promise.all(Array.from({ length: partitions }, (_, partition) => sender.send(partition, values)));
  }
  await sender.close();
  return {};
}

/** Reads a backlog; the clock runs from the first record, so that joining the group does not count. */
export async function measureConsume(client: KafkaClient, target: Target): Promise<Cost> {
  if (client.consume === undefined) throw new Error('this client only produces');
  const { promise, resolve, reject } = Promise.withResolvers<Cost>();
  const timer = setTimeout(() => reject(new Error(`backlog not read within ${timeoutMs} ms`)), timeoutMs);
  let clock: ReturnType<typeof startClock> | undefined;
  let received = 0;
  const reader = await client.consume(target, `bench-${randomUUID()}`, (count) => {
    clock ??= startClock();
    received += count;
    if (received >= backlogRecords) resolve(clock.stop(received));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await reader.close();
  }
}
