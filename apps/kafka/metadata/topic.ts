import { setTimeout as sleep } from 'node:timers/promises';
import { metadataV12 } from '../client.ts';
import type { Brokers } from '../connections/brokers.ts';
import type { KafkaHealth } from '../health.ts';
import { answer, codes, KafkaError, kafkaFailure, NONE } from '../errors.ts';

export interface Leader {
  /** -1 while the partition has none. */
  readonly nodeId: number;
  readonly epoch: number;
}

/** One incarnation of a topic: made again with the same name, it has another id. */
export interface TopicView {
  /** A UUID as the protocol layer writes it. */
  readonly uuid: string;
  /** The same as Kafka's tools print it. */
  readonly id: string;
  /** By partition. */
  readonly leaders: readonly Leader[];
}

/** Not more often than this, however many ask. */
const MIN_INTERVAL_MS = 250;

/** What the cluster last said of the topic: its id, partitions and their leaders. */
export class Topic {
  readonly name: string;
  /** Called when the cluster was asked and the view may be another. */
  onChanged: () => void = () => undefined;
  readonly #brokers: Brokers;
  readonly #health: KafkaHealth;
  #view: TopicView | undefined;
  /** Ids of earlier incarnations: a broker that lags behind may still tell of one. */
  readonly #past = new Set<string>();
  #refreshing: Promise<TopicView | undefined> | undefined;

  constructor(name: string, brokers: Brokers, health: KafkaHealth) {
    this.name = name;
    this.#brokers = brokers;
    this.#health = health;
  }

  /** `undefined` until the topic was seen first. */
  get view(): TopicView | undefined {
    return this.#view;
  }

  leader(partition: number): Leader | undefined {
    const leader = this.#view?.leaders[partition];
    return leader === undefined || leader.nodeId < 0 ? undefined : leader;
  }

  /** Asks the cluster again; those who ask at the same time share one request. */
  refresh(): Promise<TopicView | undefined> {
    this.#refreshing ??= this.#refresh().finally(async () => {
      await sleep(MIN_INTERVAL_MS);
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<TopicView | undefined> {
    try {
      const metadata = await answer(this.#brokers.askAny(metadataV12.api, [this.name], false, false));
      this.#brokers.learn(new Map(metadata.brokers.map((broker) => [broker.nodeId, broker])));
      const topic = metadata.topics[0];
      if (topic?.errorCode === codes.unknownTopicOrPartition) {
        // A broker that has just started knows no topic yet: what was known stands.
        this.#health.failed('metadata', { message: `topic ${this.name} does not exist`, passes: false });
        return this.#view;
      }
      if (topic === undefined || topic.errorCode !== NONE)
        throw new KafkaError('metadata', topic?.errorCode ?? -1);
      if (this.#past.has(topic.topicId))
        throw new Error(`a broker still tells of an earlier topic ${this.name}`);
      if (this.#view !== undefined && this.#view.uuid !== topic.topicId) this.#past.add(this.#view.uuid);
      const leaders: Leader[] = [];
      for (const { partitionIndex, leaderId, leaderEpoch } of topic.partitions) {
        leaders[partitionIndex] = this.#newer(topic.topicId, partitionIndex, {
          nodeId: leaderId,
          epoch: leaderEpoch,
        });
      }
      this.#view = { uuid: topic.topicId, id: printTopicId(topic.topicId), leaders };
      this.#health.succeeded('metadata');
    } catch (error) {
      this.#health.failed('metadata', kafkaFailure(error));
    }
    this.onChanged();
    return this.#view;
  }

  /** A broker that lags behind the others must not bring an old leader back. */
  #newer(uuid: string, partition: number, leader: Leader): Leader {
    const known = this.#view?.uuid === uuid ? this.#view.leaders[partition] : undefined;
    return known !== undefined && known.epoch > leader.epoch ? known : leader;
  }
}

function printTopicId(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}
