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
/** Metadata and producer ids are small and asked of any broker: one that takes longer is left for the next. */
const CONTROL_TIMEOUT_MS = 2_000;
/** How old metadata may grow while all is well: this is how new partitions are found. */
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

/** What a producer knows of its topic and the brokers: looks at them all the time, and says whether they can be used. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #brokers: Brokers;
  readonly #topic: TopicMetadata;
  readonly #onChange: () => void;
  #fetchProblem: string | undefined;
  #problem: string | undefined = 'Kafka has not answered yet';
  #problemSince = performance.now();
  #wanted = false;
  readonly #asked: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** @param onChange called after every look at the cluster, successful or not, and when a leader answers again */
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

  /** Looks at the cluster until closed; never rejects. */
  async run(): Promise<void> {
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    while (!this.#closed) {
      this.#wanted = false;
      const asked = this.#asked.splice(0);
      this.#fetchProblem = undefined;
      try {
        await this.#topic.update();
        backoff.reset();
        // First: who asked must not act on what has changed meanwhile, as a topic that was made again.
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

  /** Asks for a look at the cluster soon. */
  refresh(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  /** Resolves when metadata has come that was asked for after this call, however long that takes. */
  async look(): Promise<void> {
    this.refresh();
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  /** Of the topic that {@link Cluster.leaders} describes; a topic that is deleted and made again has a new one. */
  get topicId(): string | undefined {
    return this.#topic.view?.uuid;
  }

  /** By partition; empty until Kafka has answered. */
  get leaders(): readonly Leader[] {
    return this.#topic.view?.leaders ?? [];
  }

  /** Why nothing can be delivered now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** For how long there has been a problem. */
  get problemMs(): number {
    return this.#problem === undefined ? 0 : performance.now() - this.#problemSince;
  }

  /** The connection to the leader of a partition. */
  leaderConnection(partition: number): BrokerConnection | undefined {
    const leader = this.#topic.leader(partition);
    return leader && this.#brokers.connection('produce', leader.nodeId);
  }

  /** A producer id that nobody had before. @throws where no broker gives one now */
  newProducerId(): Promise<ProducerId> {
    return newProducerId(this.#brokers);
  }

  /** How many connections stand now. */
  get connections(): number {
    return this.#brokers.connections;
  }

  close(): void {
    this.#closed = true;
    this.#brokers.close();
    this.#wake?.();
  }

  /** Opens every connection that does not stand; waits a moment where none does, so that a reconnection is no news. */
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
      : `no partition of ${this.#options.topic} has a leader that answers`;
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
