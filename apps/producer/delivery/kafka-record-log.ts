import type { KafkaConnection } from '../../kafka/config.ts';
import type { Log } from '../../service/log.ts';
import { BufferPool } from '../../service/memory/buffer-pool.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import { BATCH_HEADER_BYTES } from '../../kafka/records/batch-header.ts';
import { Batcher } from './batcher.ts';
import { Cluster } from './cluster.ts';
import type { DeliveryLimits } from './limits.ts';
import { EncodedTemplate } from '../../kafka/records/encoded-template.ts';
import { batchBytes, recordsOf, type RecordRun as EncodedRun } from '../../kafka/records/record-run.ts';
import { PartitionProducer } from './partition-producer.ts';
import type { Pending } from './queue.ts';
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

/** How often expired records are looked for. */
const SWEEP_MS = 100;
/** How long records are queued while Kafka is not reachable, since it may return soon; after that they are refused at once. */
const UNAVAILABLE_GRACE_MS = 10_000;
/** Free buffers of full batches that are kept for the next ones: together 4 MiB by default. */
const FREE_BATCHES = 8;
/** One error for all records: under overload, a stack trace for each would cost much CPU time. */
const QUEUE_FULL = new DeliveryError('queue-full', 'the queue is full');

export interface KafkaRecordLogOptions {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly limits: DeliveryLimits;
  readonly budget: MemoryAccount;
  readonly metrics: DeliveryMetrics;
  readonly log: Log;
}

/** The topic in Kafka: takes records, hands them to the {@link Batcher}, and follows the cluster's metadata. */
export class KafkaRecordLog implements RecordLog {
  readonly topic: string;
  readonly #options: KafkaRecordLogOptions;
  readonly #cluster: Cluster;
  readonly #pool: BufferPool;
  readonly #batcher: Batcher;
  #topicId: string | undefined;
  #unsettled = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closing = false;
  #cutoff = Infinity;

  constructor(options: KafkaRecordLogOptions) {
    this.#options = options;
    this.topic = options.topic;
    const smallestBytes = options.limits.batchMaxBytes + BATCH_HEADER_BYTES;
    this.#pool = new BufferPool({ smallestBytes, maxFreeBytes: FREE_BATCHES * smallestBytes });
    this.#cluster = new Cluster(options, () => this.#followCluster());
    this.#batcher = new Batcher({
      ...options,
      leader: (partition) => this.#cluster.leaderConnection(partition),
    });
  }

  /** Connects in the background until it succeeds. */
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
    const { producers } = this.#batcher;
    const hopeless =
      this.#closing || producers.length === 0 || this.#cluster.problemMs > UNAVAILABLE_GRACE_MS;
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
    this.#batcher.enqueue(pending, bytes);
  }

  /**
   * Refuses new records and delivers the queued ones until the deadline (of `performance.now()`). Then it refuses what is
   * still queued, and the outcome of a batch in flight is unknown.
   */
  async close(deadline: number): Promise<void> {
    this.#closing = true;
    this.#batcher.flush();
    while (this.#unsettled > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#cutoff = performance.now();
    this.#cluster.close();
    for (const producer of this.#batcher.producers) producer.hurry();
    this.#sweep();
    clearInterval(this.#sweeper);
    this.#batcher.stop();
  }

  #followCluster(): void {
    const { topicId, leaders } = this.#cluster;
    const batcher = this.#batcher;
    if (topicId !== this.#topicId || leaders.length < batcher.producers.length) {
      for (const producer of batcher.producers) {
        producer.retire();
        producer.keyed.refuse('the topic was deleted and made again');
      }
      batcher.producers = [];
      this.#topicId = topicId;
    }
    const known = batcher.producers.length;
    const added = leaders.slice(known).map((_, index) => this.#newProducer(known + index));
    batcher.producers = [...batcher.producers, ...added];
    batcher.pump();
  }

  #newProducer(partition: number): PartitionProducer {
    const { topic, metrics, log } = this.#options;
    return new PartitionProducer({
      cluster: this.#cluster,
      topic,
      partition,
      pool: this.#pool,
      metrics,
      log,
      cutoff: () => this.#cutoff,
    });
  }

  /** Refuses records that were not sent before their deadline. */
  #sweep(): void {
    const now = performance.now();
    for (const queue of this.#batcher.queues) {
      const why = this.#cluster.problem ?? `not sent within ${this.#options.limits.deliveryTimeoutMs} ms`;
      queue.refuse(why, ({ deadline }) => Math.min(deadline, this.#cutoff) <= now);
    }
  }
}

function isEncoded(run: RecordRun): run is EncodedRun {
  return run.template instanceof EncodedTemplate;
}
