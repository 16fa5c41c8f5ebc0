import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { GcPacer } from '../service/memory/gc-pacer.ts';
import type { RunCollector } from '../service/memory/v8-flags.ts';
import { watchCertificates } from '../kafka/certificates.ts';
import type { Log } from '../service/log.ts';
import { BufferPool } from '../service/memory/buffer-pool.ts';
import type { ConsumerConfig } from './config.ts';
import { Consumption } from './flow/consumption.ts';
import { LineEncoder } from './object/line-encoder.ts';
import { Health } from './health.ts';
import { Brokers } from '../kafka/connections/brokers.ts';
import { Coordinator } from '../kafka/group/coordinator.ts';
import { Fetcher } from '../kafka/messages/fetch.ts';
import { CONSUMER_REQUESTS } from '../kafka/messages/requests.ts';
import type { KafkaOperation } from '../kafka/health.ts';
import { Topic } from '../kafka/metadata/topic.ts';
import { agreeOnLayout, type Continued } from './object/layout.ts';
import { MemoryAccount } from '../service/memory/memory-account.ts';
import { addConsumerGauges, consumerMetrics } from './metrics.ts';
import { Partition } from './flow/partition.ts';
import { Bucket } from './store/bucket.ts';
import { Store, type StoreOperation } from './store/store.ts';

/** Interval at which a stopped partition looks for an operator's decision. */
const RECHECK_MS = 10_000;
const OPEN_TIMEOUT_MS = 5000;
const CONTROL_TIMEOUT_MS = 5000;
const FETCH_TIMEOUT_MS = 10_000;
/** Added to the time that the group gives its members to join again. */
const JOIN_MARGIN_MS = 10_000;

const monotonic = (): number => performance.now();
const now = (): number => Date.now();

/** The consumer without its HTTP server. */
export class Consumer {
  readonly #config: ConsumerConfig;
  readonly #bucket: Bucket;
  readonly #store: Store;
  readonly #brokers: Brokers;
  readonly #storeHealth: Health<StoreOperation>;
  readonly #kafkaHealth: Health<KafkaOperation>;
  readonly #consumption: Consumption;
  #agreed = false;
  #continued: Continued | undefined;

  constructor(
    config: ConsumerConfig,
    registry: Registry,
    log: Log,
    runCollector: RunCollector = () => undefined,
  ) {
    this.#config = config;
    const { topic, groupId, sessionTimeoutMs, layout, maxBufferedBytes } = config;
    this.#storeHealth = new Health('store', log, monotonic);
    this.#kafkaHealth = new Health('kafka', log, monotonic);
    const metrics = consumerMetrics(registry);
    this.#bucket = new Bucket(config.bucket);
    this.#store = new Store({ bucket: this.#bucket, health: this.#storeHealth, observer: metrics.store });
    this.#brokers = new Brokers({
      connection: watchCertificates(config.kafka, registry),
      clientId: 'headwater-consumer',
      requests: CONSUMER_REQUESTS,
      openTimeoutMs: OPEN_TIMEOUT_MS,
      timeoutsMs: {
        control: CONTROL_TIMEOUT_MS,
        fetch: FETCH_TIMEOUT_MS,
        join: sessionTimeoutMs + JOIN_MARGIN_MS,
      },
    });
    // Half of the bound is counted: an eighth for fetched records, three eighths for segments. The other half is for copies in
    // progress and for garbage that is not collected yet.
    const fetched = new MemoryAccount({ bytes: maxBufferedBytes / 8 });
    const buffers = new MemoryAccount({ bytes: (maxBufferedBytes / 8) * 3 }, () =>
      this.#consumption.relieve(),
    );
    const reused = new BufferPool({ maxBytes: maxBufferedBytes / 2 });
    const gcPacer = new GcPacer(maxBufferedBytes / 8, maxBufferedBytes, runCollector);
    const encoder = new LineEncoder();
    const writer = `${hostname()}-${randomBytes(4).toString('hex')}`;
    this.#consumption = new Consumption({
      brokers: this.#brokers,
      fetcher: new Fetcher(this.#brokers, reused, (bytes) => gcPacer.note(bytes)),
      coordinator: new Coordinator(groupId, this.#brokers),
      topic: new Topic(topic, this.#brokers, this.#kafkaHealth),
      sessionTimeoutMs,
      fetched,
      buffers,
      health: this.#kafkaHealth,
      log,
      now,
      open: (chain, source, onChanged) => {
        metrics.opened(chain.partition);
        return new Partition({
          chain,
          source,
          store: this.#store,
          prefix: config.prefix,
          codec: layout.codec,
          delivery: layout.delivery,
          continued: this.#continued,
          limits: config.limits,
          memory: { pool: buffers, buffers: reused },
          encoder,
          maxRecordBytes: maxBufferedBytes / 4,
          writer,
          observer: {
            ...metrics.chain,
            gap: (partition, gap) => metrics.gap(partition, gap),
            changed: onChanged,
          },
          log,
          now,
          recheckMs: RECHECK_MS,
        });
      },
    });
    addConsumerGauges(registry, {
      consumption: this.#consumption,
      pools: { fetched, buffered: buffers },
    });
  }

  /** Why the consumer is not ready; `undefined` if it is. */
  get notReady(): string | undefined {
    const waiting = this.#agreed
      ? 'kafka: not a member of the group yet'
      : 'store: the layout is not known yet';
    const working = this.#agreed && this.#consumption.isMember;
    return this.#storeHealth.notReady ?? this.#kafkaHealth.notReady ?? (working ? undefined : waiting);
  }

  /**
   * Checks the layout, however long the store takes to respond, then begins to consume.
   *
   * @throws {LayoutError} if the configuration contradicts the prefix
   */
  async start(signal: AbortSignal): Promise<void> {
    const { prefix, layout } = this.#config;
    try {
      this.#continued = await agreeOnLayout(this.#store, prefix, layout, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#agreed = true;
    this.#consumption.start();
  }

  /** @param deadline as of `performance.now()` */
  async stop(deadline: number): Promise<void> {
    await this.#consumption.stop(deadline);
    this.#brokers.close();
    this.#bucket.close();
  }
}
