import { parseBroker, ResponseError, type Broker, type metadataV12 } from '../../kafka/client.ts';
import type { KafkaConnection } from '../../kafka/config.ts';
import type { ProducerId } from '../../kafka/records/encode-batch.ts';
import type { Log } from '../../service/log.ts';
import { Link } from '../../kafka/connections/connection.ts';
import { errorName } from '../../kafka/produce-errors.ts';

/** Metadata and producer ids are small and asked of any broker: one that takes longer is left for the next. */
const CONTROL_TIMEOUT_MS = 2_000;
/** How old metadata may grow while all is well: this is how new partitions are found. */
const METADATA_MAX_AGE_MS = 30_000;
const METADATA_MIN_INTERVAL_MS = 100;
const ATTENTION_INTERVAL_MS = 500;

/** As the broker's logs and quotas name us. */
const CLIENT_ID = 'headwater-producer';

export interface Leader {
  /** Node id; -1 where the partition has no leader. */
  readonly node: number;
  readonly epoch: number;
}

export interface ClusterOptions {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly log: Log;
}

/**
 * What is known of one topic and its brokers, and the connections to them: one to each broker that leads a
 * partition, and one more for metadata and producer ids.
 */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #bootstrap: readonly Broker[];
  readonly #links = new Map<number, Link>();
  readonly #onChange: () => void;
  #control: Link;
  #controlTurn = 0;
  #topicId: string | undefined;
  #leaders: readonly Leader[] = [];
  #brokers: ReadonlyMap<number, Broker> = new Map();
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
    this.#bootstrap = options.kafka.bootstrapBrokers.map((server) => parseBroker(server));
    this.#control = this.#controlLink();
  }

  /** Looks at the cluster until closed; never rejects. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#closed) {
      this.#wanted = false;
      const asked = this.#asked.splice(0);
      this.#fetchProblem = undefined;
      try {
        this.#adopt(await this.#fetchMetadata());
        failures = 0;
        // First: who asked must not act on what has changed meanwhile, as a topic that was made again.
        this.#onChange();
        for (const resolve of asked) resolve();
        await this.#reachLeaders();
      } catch (error) {
        this.#asked.push(...asked);
        failures++;
        this.#nextControl();
        this.#fetchProblem = describe(error);
      }
      this.#assess();
      await this.#pause(failures > 0 ? Math.min(100 * 2 ** failures, 1_000) : this.#restMs());
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
    return this.#topicId;
  }

  /** By partition; empty until Kafka has answered. */
  get leaders(): readonly Leader[] {
    return this.#leaders;
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
  leaderLink(partition: number): Link | undefined {
    const node = this.#leaders[partition]?.node ?? -1;
    const broker = this.#brokers.get(node);
    if (broker === undefined) return undefined;
    let link = this.#links.get(node);
    if (link !== undefined && (link.broker.host !== broker.host || link.broker.port !== broker.port)) {
      link.close();
      link = undefined;
    }
    if (link === undefined && !this.#closed) {
      link = this.#newLink(broker);
      this.#links.set(node, link);
    }
    return link;
  }

  /** A producer id that nobody had before. @throws where no broker gives one now */
  async newProducerId(): Promise<ProducerId> {
    const control = this.#control;
    const { initProducerId } = await control.open();
    const args: [null, number, bigint, number] = [null, 0, -1n, -1];
    const { producerId, producerEpoch } = await control.request(initProducerId, args, CONTROL_TIMEOUT_MS);
    return { id: producerId, epoch: producerEpoch };
  }

  /** How many connections stand now. */
  get connections(): number {
    return [this.#control, ...this.#links.values()].filter((link) => link.apis).length;
  }

  close(): void {
    this.#closed = true;
    for (const link of [this.#control, ...this.#links.values()]) link.close();
    this.#wake?.();
  }

  async #fetchMetadata(): Promise<metadataV12.MetadataResponse> {
    const { metadata } = await this.#control.open();
    try {
      return await this.#control.request(metadata, [[this.#options.topic], false, false], CONTROL_TIMEOUT_MS);
    } catch (error) {
      // One partition without a leader is an error of the whole answer for the client; the answer is beside it.
      const response = error instanceof ResponseError ? (error['response'] as unknown) : undefined;
      if (response === undefined) throw error;
      return response as metadataV12.MetadataResponse;
    }
  }

  #adopt({ brokers, topics }: metadataV12.MetadataResponse): void {
    const topic = topics.find(({ name }) => name === this.#options.topic);
    if (topic === undefined || topic.errorCode !== 0) {
      const reason = topic === undefined ? 'not answered' : errorName(topic.errorCode);
      throw new Error(`topic ${this.#options.topic}: ${reason}`);
    }
    const sameTopic = topic.topicId === this.#topicId;
    // Kafka below 2.8's metadata version has no topic ids: then an epoch that begins anew is believed.
    const epochsGrow = sameTopic && !/^[0-]*$/.test(topic.topicId);
    const leaders: Leader[] = [];
    for (const { partitionIndex, leaderId, leaderEpoch } of topic.partitions) {
      const before = this.#leaders[partitionIndex];
      const stale = epochsGrow && before !== undefined && leaderEpoch < before.epoch;
      leaders[partitionIndex] = stale ? before : { node: leaderId, epoch: leaderEpoch };
    }
    this.#topicId = topic.topicId;
    this.#leaders = leaders;
    this.#brokers = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    for (const [node, link] of this.#links) {
      if (this.#brokers.has(node)) continue;
      link.close();
      this.#links.delete(node);
    }
  }

  /** Opens every connection that does not stand; waits a moment where none does, so that a reconnection is no news. */
  async #reachLeaders(): Promise<void> {
    const links = new Set(this.#leaders.map((_, partition) => this.leaderLink(partition)));
    const opening = [...links].flatMap((link) => (link === undefined || link.apis ? [] : [link.open()]));
    for (const open of opening) open.then(() => this.#assess()).catch(() => undefined);
    if (opening.length === 0 || opening.length < links.size) return;
    const moment = new Promise((resolve) => setTimeout(resolve, METADATA_MIN_INTERVAL_MS));
    await Promise.race([Promise.any(opening), moment]).catch(() => undefined);
  }

  #assess(): void {
    if (this.#closed) return;
    const reachable = this.#leaders.some((_, partition) => this.leaderLink(partition)?.apis);
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
    const calm = this.#leaders.every((_, partition) => this.leaderLink(partition)?.apis);
    return calm ? METADATA_MAX_AGE_MS : ATTENTION_INTERVAL_MS;
  }

  #nextControl(): void {
    this.#control.close();
    this.#controlTurn++;
    if (!this.#closed) this.#control = this.#controlLink();
  }

  /** In turn over the brokers last known and those configured, so that one that hangs is asked once in a round. */
  #controlLink(): Link {
    const brokers = [...this.#brokers.values(), ...this.#bootstrap];
    const distinct = [
      ...new Map(brokers.map((broker) => [`${broker.host}:${broker.port}`, broker])).values(),
    ];
    const broker = distinct[this.#controlTurn % distinct.length];
    if (broker === undefined) throw new Error('bootstrapBrokers must name at least one broker, got none');
    return this.#newLink(broker);
  }

  #newLink(broker: Broker): Link {
    return new Link(broker, CLIENT_ID, this.#options.kafka, () => this.refresh());
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

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  const cause = causes.find((candidate) => candidate instanceof Error);
  return cause === undefined ? error.message : `${error.message} (${describe(cause)})`;
}
