import type { KafkaConnection } from '../../kafka/config.ts';
import type { BrokerConnection } from '../../kafka/connections/broker-connection.ts';
import { Brokers } from '../../kafka/connections/brokers.ts';
import { kafkaFailure } from '../../kafka/errors.ts';
import { newProducerId } from '../../kafka/messages/producer-id.ts';
import { PRODUCER_REQUESTS } from '../../kafka/messages/requests.ts';
import { TopicMetadata, type Leader } from '../../kafka/metadata/topic-metadata.ts';
import type { ProducerId } from '../../kafka/records/encode-batch.ts';
import { Backoff } from '../../service/backoff.ts';
import type { Log } from '../../service/log.ts';

const OPEN_TIMEOUT_MS = 2_000;
/**
 * Timeout of requests for metadata and producer ids. They are small and any broker can respond, so the next broker is
 * asked soon.
 */
const CONTROL_TIMEOUT_MS = 2_000;
/** Interval of metadata requests while all leaders are reachable; new partitions are found with it. */
const METADATA_MAX_AGE_MS = 30_000;
const METADATA_MIN_INTERVAL_MS = 100;
const ATTENTION_INTERVAL_MS = 500;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 1_000;

export interface ClusterOptions {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly log: Log;
}

/** Follows the metadata of the topic and the connections to its leaders, and tells whether records can be delivered. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #brokers: Brokers;
  readonly #topic: TopicMetadata;
  readonly #onChange: () => void;
  #fetchProblem: string | undefined;
  #problem: string | undefined = 'Kafka has not responded yet';
  #problemSince = performance.now();
  #wanted = false;
  readonly #asked: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** @param onChange called after every metadata request, successful or not, and when a leader becomes reachable */
  constructor(options: ClusterOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    this.#brokers = new Brokers({
      connection: options.kafka,
      clientId: 'headwater-producer',
      requests: PRODUCER_REQUESTS,
      openTimeoutMs: OPEN_TIMEOUT_MS,
      timeoutsMs: { control: CONTROL_TIMEOUT_MS },
      onBroken: () => this.refresh(),
    });
    this.#topic = new TopicMetadata(options.topic, this.#brokers);
  }

  /** Requests metadata until closed. Never rejects. */
  async run(): Promise<void> {
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    while (!this.#closed) {
      this.#wanted = false;
      const asked = this.#asked.splice(0);
      this.#fetchProblem = undefined;
      try {
        await this.#topic.update();
        backoff.reset();
        // Notify of the change first: callers of look() must not act on an old topic id.
        this.#onChange();
        for (const resolve of asked) resolve();
        await this.#reachLeaders();
      } catch (error) {
        this.#asked.push(...asked);
        this.#fetchProblem = kafkaFailure(error).message;
      }
      this.#assess();
      await this.#pause(this.#fetchProblem === undefined ? this.#restMs() : backoff.nextMs());
    }
  }

  /** Requests metadata soon. */
  refresh(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  /** Resolves with the first successful metadata request that starts after this call, however long that takes. */
  async look(): Promise<void> {
    this.refresh();
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  /** Id of the topic; it changes if the topic is deleted and created again. */
  get topicId(): string | undefined {
    return this.#topic.view?.uuid;
  }

  /** Indexed by partition; empty until the first metadata response. */
  get leaders(): readonly Leader[] {
    return this.#topic.view?.leaders ?? [];
  }

  /** Why no record can be delivered now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Age of the current {@link problem}; 0 without one. */
  get problemMs(): number {
    return this.#problem === undefined ? 0 : performance.now() - this.#problemSince;
  }

  /** The connection to the leader of a partition; `undefined` if the partition has no leader. */
  leaderConnection(partition: number): BrokerConnection | undefined {
    const leader = this.#topic.leader(partition);
    return leader && this.#brokers.connection('produce', leader.nodeId);
  }

  /** Requests a new producer id. @throws if no broker returns one */
  newProducerId(): Promise<ProducerId> {
    return newProducerId(this.#brokers);
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#brokers.connections;
  }

  close(): void {
    this.#closed = true;
    this.#brokers.close();
    this.#wake?.();
  }

  /**
   * Opens the connections to all leaders. If none is open, waits a moment for the first, so that a short reconnection
   * is not reported as a problem.
   */
  async #reachLeaders(): Promise<void> {
    const connections = new Set(this.leaders.map((_, partition) => this.leaderConnection(partition)));
    const opening = [...connections].flatMap((connection) =>
      connection === undefined || connection.isOpen ? [] : [connection.open()],
    );
    for (const open of opening) open.then(() => this.#assess()).catch(() => undefined);
    if (opening.length === 0 || opening.length < connections.size) return;
    const moment = new Promise((resolve) => setTimeout(resolve, METADATA_MIN_INTERVAL_MS));
    await Promise.race([Promise.any(opening), moment]).catch(() => undefined);
  }

  #assess(): void {
    if (this.#closed) return;
    const reachable = this.leaders.some((_, partition) => this.leaderConnection(partition)?.isOpen);
    const unreachable = reachable
      ? undefined
      : `no partition of ${this.#options.topic} has a leader that responds`;
    const problem = this.#fetchProblem ?? unreachable;
    if (problem !== this.#problem) {
      if (this.#problem === undefined) this.#problemSince = performance.now();
      this.#problem = problem;
      if (problem === undefined) this.#options.log.info('Kafka is reachable');
      else this.#options.log.warn({ problem }, 'Kafka is not reachable');
    }
    this.#onChange();
  }

  #restMs(): number {
    const calm = this.leaders.every((_, partition) => this.leaderConnection(partition)?.isOpen);
    return calm ? METADATA_MAX_AGE_MS : ATTENTION_INTERVAL_MS;
  }

  async #pause(restMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, METADATA_MIN_INTERVAL_MS));
    if (this.#wanted || this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs - METADATA_MIN_INTERVAL_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
