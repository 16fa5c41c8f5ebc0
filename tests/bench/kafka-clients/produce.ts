import { randomBytes } from 'node:crypto';
import type { KafkaClient, Target } from './client.ts';
import { startClock, type Cost } from './clock.ts';

export const partitions = 6;
export const valueBytes = 1024;

const warmUpMs = 1_000;
const measuredMs = 4_000;
const maxRecords = 250_000;

/** Counts the records acknowledged while `senders` loops each await one send before they make the next. */
export async function measureProduce(
  client: KafkaClient,
  target: Target,
  { senders, recordsPerSend }: { senders: number; recordsPerSend: number },
): Promise<Cost> {
  const sender = await client.connectProducer(target);
  const values = Array.from({ length: recordsPerSend }, () => randomBytes(valueBytes));
  let acknowledged = 0;
  let stopped = false;
  const loops = Array.from({ length: senders }, async (_, index) => {
    for (let sent = index; !stopped; sent += 1) {
      await sender.send(sent % partitions, values);
      acknowledged += recordsPerSend;
    }
  });
  const failed = Promise.all(loops).then(() => undefined);
  await Promise.race([failed, until(() => false, warmUpMs)]);
  const clock = startClock();
  const before = acknowledged;
  await Promise.race([failed, until(() => acknowledged - before >= maxRecords, measuredMs)]);
  const cost = clock.stop(acknowledged - before);
  stopped = true;
  await failed;
  await sender.close();
  return cost;
}

/** Resolves when the condition holds, or after so many milliseconds. */
function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = performance.now() + timeoutMs;
    const timer = setInterval(() => {
      if (!condition() && performance.now() < deadline) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
}
