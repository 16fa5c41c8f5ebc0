import type { KafkaConnection } from '../../kafka/config.ts';
import type { Log } from '../../service/log.ts';
import { BufferPool } from '../../service/memory/buffer-pool.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import { BATCH_HEADER_BYTES } from '../../kafka/records/batch-header.ts';
import { partitionOf } from '../../kafka/records/encode-batch.ts';
import { Cluster } from './cluster.ts';
import { EncodedTemplate } from '../../kafka/records/encoded-template.ts';
import { batchBytes, recordsOf, type RecordRun as EncodedRun } from '../../kafka/records/record-run.ts';
import { PartitionProducer } from './partition-producer.ts';
import { Queue, takeBatch, type Pending } from './queue.ts';
import {
  DeliveryError,
  type EventRecord,
  type RecordHead,
  type RecordLog,
  type RecordRun,
  type RecordTemplate,
  type Settled,
  type StoredRecord,
} from './record-log.ts';

/** How often records are looked for whose time is up. */
const SWEEP_MS = 100;
/** How long records are held while nothing can be delivered, in the hope that it passes; then refused at once. */
const UNAVAILABLE_GRACE_MS = 10_000;
/**
 * How long a record without a key waits at most while a batch of such records is in flight. To the brokers a batch costs as much as
 * hundreds of records, so few large batches in turn are faster than small ones in parallel (docs/performance-notes.md).
 */
const GATHER_MS = 10;
/**
 * How long records without a key go to one partition before the next one gets them: long enough for many batches in a
 * row, short enough for equal shares within seconds. A switch with every batch costs the brokers more CPU time
 * (docs/performance-notes.md).
 */
const STICKY_MS = 100;
/** A broker that owes an answer for so long gets no record that could go elsewhere. */
const SLOW_BROKER_MS = 1_000;
/** How many buffers of full batches are kept for the next ones, by default together 4 MiB. */
const FREE_BATCHES = 8;
/** One for all of them: when there are many, each stack trace would cost time that the others need. */
const QUEUE_FULL = new DeliveryError('queue-full', 'the queue is full');

export interface DeliveryLimits {
  /**
   * How long a record waits for others to share its batch; without a key, longer while another is under way, and as
   * long again when that one is settled.
   */
  readonly lingerMs: number;
  readonly batchMaxRecords: number;
  readonly batchMaxBytes: number;
  /** From the arrival of a record to its answer, at most. */
  readonly deliveryTimeoutMs: number;
}

export interface KafkaRecordLogOptions {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly limits: DeliveryLimits;
  readonly budget: MemoryAccount;
  readonly metrics: DeliveryMetrics;
  readonly log: Log;
}

/**
 * Gathers records into batches and hands them to the producers. A record with a key waits for the producer of its
 * partition; one without goes with the first batch of any producer that is idle and whose leader answers, so that a
 * lost leader holds up only the keys that are its own. One batch of those is under way at a time, unless more than
 * it can hold, or longer than a moment, has been waiting.
 */
export class KafkaRecordLog implements RecordLog {
  readonly topic: string;
  readonly #options: KafkaRecordLogOptions;
  readonly #cluster: Cluster;
  readonly #pool: BufferPool;
  readonly #keyless = new Queue();
  #topicId: string | undefined;
  #producers: readonly PartitionProducer[] = [];
  #sticky = 0;
  #stickyUntil = 0;
  #unsettled = 0;
  #linger: NodeJS.Timeout | undefined;
  #gather: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #closing = false;
  #cutoff = Infinity;

  constructor(options: KafkaRecordLogOptions) {
    this.#options = options;
    this.topic = options.topic;
    const smallestBytes = options.limits.batchMaxBytes + BATCH_HEADER_BYTES;
    this.#pool = new BufferPool({ smallestBytes, maxFreeBytes: FREE_BATCHES * smallestBytes });
    this.#cluster = new Cluster(options, () => this.#followCluster());
  }

  /** Connects in the background, for as long as it takes. */
  start(): void {
    void this.#cluster.run();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  get connections(): number {
    return this.#cluster.connections;
  }

  notReady(): string | undefined {
    return this.#closing ? 'shutting down' : this.#cluster.problem;
  }

  append({ key, value, headers }: EventRecord): Promise<StoredRecord> {
    const run = {
      template: new EncodedTemplate(key, headers),
      source: value,
      bounds: [0, value.length],
      numbers: [],
    };
    return new Promise((resolve, reject) => {
      this.#appendAll(run, (_from, _to, outcome) =>
        outcome instanceof DeliveryError ? reject(outcome) : resolve(outcome),
      );
    });
  }

  template({ key, headers, numberedBy }: RecordHead): RecordTemplate {
    return new EncodedTemplate(key, headers, numberedBy);
  }

  appendAll(run: RecordRun, settled: Settled): void {
    if (!isEncoded(run)) throw new TypeError('the template of a run must be one of this log');
    this.#appendAll(run, settled);
  }

  #appendAll(run: EncodedRun, settled: Settled): void {
    const records = recordsOf(run);
    const problem = this.notReady();
    const hopeless =
      this.#closing || this.#producers.length === 0 || this.#cluster.problemMs > UNAVAILABLE_GRACE_MS;
    if (problem !== undefined && hopeless) {
      settled(0, records, new DeliveryError('not-stored', problem));
      return;
    }
    const { budget, limits } = this.#options;
    const bytes = batchBytes(run, 0, records);
    if (!budget.take(bytes, records)) {
      settled(0, records, QUEUE_FULL);
      return;
    }
    this.#unsettled += records;
    const arrival = performance.now();
    const pending: Pending = {
      run,
      timestamp: Date.now(),
      arrival,
      deadline: arrival + limits.deliveryTimeoutMs,
      settle: ({ from, to, bytes }, outcome) => {
        this.#unsettled -= to - from;
        budget.give(bytes, to - from);
        settled(from, to, outcome);
      },
    };
    this.#enqueue(pending, bytes);
  }

  /**
   * Takes nothing more and settles what it has, until the deadline (of `performance.now()`): then what is still
   * queued is refused, and what is under way has an unknown outcome.
   */
  async close(deadline: number): Promise<void> {
    this.#closing = true;
    this.#pump();
    while (this.#unsettled > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#cutoff = performance.now();
    this.#cluster.close();
    for (const producer of this.#producers) producer.hurry();
    this.#sweep();
    clearInterval(this.#sweeper);
    clearTimeout(this.#linger);
    clearTimeout(this.#gather);
  }

  #enqueue(pending: Pending, bytes: number): void {
    const { key } = pending.run.template;
    const producer = key && this.#producers[partitionOf(key, this.#producers.length)];
    const queue = producer ? producer.keyed : this.#keyless;
    queue.push(pending, bytes);
    if (this.#isFull(queue)) this.#pump();
    else this.#linger ??= setTimeout(() => this.#pump(), this.#options.limits.lingerMs);
  }

  get #isBusy(): boolean {
    return this.#producers.some(({ busy }) => busy);
  }

  /** Whether waiting brings nothing more: the batch is as large as it may be, or all that the queue takes is in it. */
  #isFull(queue: Queue): boolean {
    const { batchMaxRecords, batchMaxBytes } = this.#options.limits;
    if (queue.length >= batchMaxRecords || queue.bytes >= batchMaxBytes) return true;
    return !this.#options.budget.fits(1, 1) && !this.#isBusy;
  }

  #isRipe(queue: Queue, now: number): boolean {
    if (queue.first === undefined) return false;
    // Timers fire up to a millisecond early.
    const waited = now - queue.first.arrival + 1 > this.#options.limits.lingerMs;
    return waited || this.#closing || this.#isFull(queue);
  }

  /** For how long records without a key should go on gathering, though they are ripe. */
  #gatherMs(now: number): number {
    const first = this.#keyless.first;
    if (first === undefined || this.#closing || this.#isFull(this.#keyless)) return 0;
    return this.#isBusy ? first.arrival + GATHER_MS - now : 0;
  }

  /** Hands every batch that is ripe to a producer that is free for it. */
  #pump(): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#gather);
    this.#linger = undefined;
    const now = performance.now();
    for (const producer of this.#producers) {
      if (!producer.busy && this.#isRipe(producer.keyed, now)) this.#send(producer, this.#answers(producer));
    }
    while (this.#isRipe(this.#keyless, now)) {
      const gatherMs = this.#gatherMs(now);
      if (gatherMs > 0) {
        this.#gather = setTimeout(() => this.#pump(), gatherMs);
        break;
      }
      const producer = this.#stickyProducer();
      if (producer === undefined) break;
      this.#send(producer, true);
    }
    const waiting = this.#producers.some(({ keyed }) => keyed.length > 0 && !this.#isRipe(keyed, now));
    if (waiting || (this.#keyless.length > 0 && !this.#isRipe(this.#keyless, now))) {
      this.#linger = setTimeout(() => this.#pump(), this.#options.limits.lingerMs);
    }
  }

  #send(producer: PartitionProducer, withKeyless: boolean): void {
    const batch = takeBatch(producer.keyed, withKeyless ? this.#keyless : undefined, this.#options.limits);
    void producer.deliver(batch).then(() => this.#pump());
  }

  /**
   * The producer whose turn it is or, where that is over or the producer is not idle or its leader does not answer, the next one
   * for which neither holds; where no leader answers, any that has a leader.
   */
  #stickyProducer(): PartitionProducer | undefined {
    const now = performance.now();
    const first = now < this.#stickyUntil ? 0 : 1;
    const anyAnswers = this.#producers.some((producer) => this.#answers(producer));
    for (let step = first; step < first + this.#producers.length; step++) {
      const index = (this.#sticky + step) % this.#producers.length;
      const producer = this.#producers[index];
      if (producer === undefined || producer.busy) continue;
      const fit = anyAnswers
        ? this.#answers(producer)
        : this.#cluster.leaderConnection(producer.partition) !== undefined;
      if (!fit) continue;
      if (step > 0) {
        this.#sticky = index;
        this.#stickyUntil = now + STICKY_MS;
      }
      return producer;
    }
    return undefined;
  }

  #answers(producer: PartitionProducer): boolean {
    const connection = this.#cluster.leaderConnection(producer.partition);
    return connection?.isOpen === true && connection.waitingMs < SLOW_BROKER_MS;
  }

  #followCluster(): void {
    const { topicId, leaders } = this.#cluster;
    if (topicId !== this.#topicId || leaders.length < this.#producers.length) {
      for (const producer of this.#producers) {
        producer.retire();
        producer.keyed.refuse('the topic was deleted and made again');
      }
      this.#producers = [];
      this.#topicId = topicId;
    }
    const { topic, metrics, log } = this.#options;
    const added = leaders.slice(this.#producers.length).map((_, index) => {
      const partition = this.#producers.length + index;
      const cutoff = () => this.#cutoff;
      return new PartitionProducer({
        cluster: this.#cluster,
        topic,
        partition,
        pool: this.#pool,
        metrics,
        log,
        cutoff,
      });
    });
    this.#producers = [...this.#producers, ...added];
    this.#pump();
  }

  /** Refuses what was never sent and whose time is up. */
  #sweep(): void {
    const now = performance.now();
    for (const queue of [this.#keyless, ...this.#producers.map(({ keyed }) => keyed)]) {
      const why = this.#cluster.problem ?? `not sent within ${this.#options.limits.deliveryTimeoutMs} ms`;
      queue.refuse(why, ({ deadline }) => Math.min(deadline, this.#cutoff) <= now);
    }
  }
}

function isEncoded(run: RecordRun): run is EncodedRun {
  return run.template instanceof EncodedTemplate;
}
