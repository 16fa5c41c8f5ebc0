import { partitionOf } from '../../kafka/records/encode-batch.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import type { DeliveryLimits } from './limits.ts';
import type { PartitionProducer } from './partition-producer.ts';
import { Queue, takeBatch, type Pending } from './queue.ts';
import { StickyProducer, type LeaderState } from './sticky-producer.ts';

/**
 * How long a record without a key waits at most while a batch of such records is in flight. To the brokers a batch costs as much as
 * hundreds of records, so few large batches in turn are faster than small ones in parallel (docs/performance-notes.md).
 */
const GATHER_MS = 10;

export interface BatcherOptions {
  readonly limits: DeliveryLimits;
  readonly budget: Pick<MemoryAccount, 'fits'>;
  /** The connection to the leader of a partition; `undefined` if the partition has no leader. */
  readonly leader: (partition: number) => LeaderState | undefined;
}

/**
 * Gathers records into batches and hands them to the producers of the partitions. A record with a key waits for the producer
 * of its partition. A record without one joins the first batch of an idle producer whose leader responds: if a leader is
 * lost, only the keys of its partitions wait. One batch of records without keys is in flight at a time, unless a full batch
 * is waiting, or a record has waited for {@link GATHER_MS}.
 */
export class Batcher {
  /** One for each partition, in order. */
  producers: readonly PartitionProducer[] = [];
  readonly #options: BatcherOptions;
  readonly #keyless = new Queue();
  readonly #sticky: StickyProducer;
  #linger: NodeJS.Timeout | undefined;
  #gather: NodeJS.Timeout | undefined;
  #flushing = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#sticky = new StickyProducer(options.leader);
  }

  enqueue(pending: Pending, bytes: number): void {
    const { key } = pending.run.template;
    const producer = key && this.producers[partitionOf(key, this.producers.length)];
    const queue = producer ? producer.keyed : this.#keyless;
    queue.push(pending, bytes);
    if (this.#isFull(queue)) this.pump();
    else this.#linger ??= setTimeout(() => this.pump(), this.#options.limits.lingerMs);
  }

  /** Every queue: of records without a key, and of each partition. */
  get queues(): readonly Queue[] {
    return [this.#keyless, ...this.producers.map(({ keyed }) => keyed)];
  }

  /** Hands every ripe batch to a producer that is free for it. */
  pump(): void {
    this.stop();
    this.#linger = undefined;
    const now = performance.now();
    for (const producer of this.producers) {
      if (producer.busy || !this.#isRipe(producer.keyed, now)) continue;
      this.#send(producer, this.#sticky.leaderResponds(producer));
    }
    while (this.#isRipe(this.#keyless, now)) {
      const gatherMs = this.#gatherMs(now);
      if (gatherMs > 0) {
        this.#gather = setTimeout(() => this.pump(), gatherMs);
        break;
      }
      const producer = this.#sticky.choose(this.producers);
      if (producer === undefined) break;
      this.#send(producer, true);
    }
    const waiting = this.producers.some(({ keyed }) => keyed.length > 0 && !this.#isRipe(keyed, now));
    if (waiting || (this.#keyless.length > 0 && !this.#isRipe(this.#keyless, now))) {
      this.#linger = setTimeout(() => this.pump(), this.#options.limits.lingerMs);
    }
  }

  /** Sends without linger from now on. */
  flush(): void {
    this.#flushing = true;
    this.pump();
  }

  /** Clears the timers. */
  stop(): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#gather);
  }

  get #isBusy(): boolean {
    return this.producers.some(({ busy }) => busy);
  }

  /** Whether no record can join any more: the batch is full, or the queue is full and all of it is in this batch. */
  #isFull(queue: Queue): boolean {
    const { batchMaxRecords, batchMaxBytes } = this.#options.limits;
    if (queue.length >= batchMaxRecords || queue.bytes >= batchMaxBytes) return true;
    return !this.#options.budget.fits(1, 1) && !this.#isBusy;
  }

  #isRipe(queue: Queue, now: number): boolean {
    if (queue.first === undefined) return false;
    // Timers fire up to a millisecond early.
    const waited = now - queue.first.arrival + 1 > this.#options.limits.lingerMs;
    return waited || this.#flushing || this.#isFull(queue);
  }

  /** How much longer records without a key wait, though they are ripe. */
  #gatherMs(now: number): number {
    const first = this.#keyless.first;
    if (first === undefined || this.#flushing || this.#isFull(this.#keyless)) return 0;
    return this.#isBusy ? first.arrival + GATHER_MS - now : 0;
  }

  #send(producer: PartitionProducer, withKeyless: boolean): void {
    const batch = takeBatch(producer.keyed, withKeyless ? this.#keyless : undefined, this.#options.limits);
    void producer.deliver(batch).then(() => this.pump());
  }
}
