import { setTimeout as delay } from 'node:timers/promises';
import { lingerMs } from './client.ts';

interface Waiting {
  values: Buffer[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers the records of concurrent sends into one batch for each partition, with one batch in flight: a
 * client that resends cannot change the order of two batches then, which an idempotent producer forbids.
 */
export class PartitionQueues {
  readonly #deliver: (partition: number, values: Buffer[]) => Promise<void>;
  readonly #waiting = new Map<number, Waiting[]>();
  readonly #busy = new Set<number>();

  constructor(deliver: (partition: number, values: Buffer[]) => Promise<void>) {
    this.#deliver = deliver;
  }

  send(partition: number, values: Buffer[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(partition) ?? [];
      this.#waiting.set(partition, queue);
      queue.push({ values, resolve, reject });
      if (!this.#busy.has(partition)) void this.#drain(partition, queue);
    });
  }

  async #drain(partition: number, queue: Waiting[]): Promise<void> {
    this.#busy.add(partition);
    await delay(lingerMs);
    while (queue.length > 0) {
      const batch = queue.splice(0, lengthOfBatch(queue));
      try {
        await this.#deliver(
          partition,
          batch.flatMap(({ values }) => values),
        );
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy.delete(partition);
  }
}

/** How many of the waiting sends fit below the broker's default limit of 1 MiB for a batch. */
function lengthOfBatch(queue: Waiting[]): number {
  const maxBytes = 900_000;
  let bytes = 0;
  const end = queue.findIndex(({ values }) => {
    bytes += values.reduce((sum, value) => sum + value.length + 32, 0);
    return bytes > maxBytes;
  });
  return end === -1 ? queue.length : Math.max(end, 1);
}
