import { metadataV12 } from '../client.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';

export interface Leader {
  /** Broker id; -1 if the partition has no leader. */
  readonly nodeId: number;
  readonly epoch: number;
}

/** One topic id. A topic that is deleted and created again under the same name has another id. */
export interface TopicView {
  /** Topic id in the protocol layer's notation, a UUID. */
  readonly uuid: string;
  /** Topic id in the notation of Kafka's tools. */
  readonly id: string;
  /** Indexed by partition. */
  readonly leaders: readonly Leader[];
}

/** Reported by clusters whose metadata version is older than 2.8. */
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * The newest metadata of a topic: id, partitions and leaders. Ignores older metadata from a broker that lags behind.
 */
export class TopicMetadata {
  readonly name: string;
  readonly #brokers: Brokers;
  #view: TopicView | undefined;
  /** Earlier topic ids, which a broker that lags behind may still report. */
  readonly #past = new Set<string>();

  constructor(name: string, brokers: Brokers) {
    this.name = name;
    this.#brokers = brokers;
  }

  /** `undefined` until the topic was found. */
  get view(): TopicView | undefined {
    return this.#view;
  }

  leader(partition: number): Leader | undefined {
    const leader = this.#view?.leaders[partition];
    return leader === undefined || leader.nodeId < 0 ? undefined : leader;
  }

  /**
   * Asks one broker after another until one returns the current topic or a newer one.
   *
   * @throws {KafkaError} if no broker does, with the error code that one returned, such as UNKNOWN_TOPIC_OR_PARTITION
   */
  async update(): Promise<void> {
    await this.#brokers.askAny(metadataV12.api, [[this.name], false, false], (metadata) =>
      this.#adopt(metadata),
    );
  }

  #adopt({ brokers, topics }: metadataV12.MetadataResponse): void {
    const [topic] = topics;
    const isKnown = topic?.errorCode === NONE;
    // A broker that has just started may know neither the topic nor the other brokers.
    this.#brokers.learn(new Map(brokers.map((broker) => [broker.nodeId, broker])), isKnown);
    if (!isKnown) throw new KafkaError(`topic ${this.name}`, topic?.errorCode ?? -1);
    const { topicId: uuid, partitions } = topic;
    if (this.#past.has(uuid)) throw new Error(`a broker still reports an earlier id of topic ${this.name}`);
    const before = this.#view;
    if (before !== undefined && before.uuid !== uuid && before.uuid !== NO_UUID) this.#past.add(before.uuid);
    // Without an id the topic may have been created again, so accept lower epochs.
    const known = before?.uuid === uuid && uuid !== NO_UUID ? before.leaders : [];
    const leaders: Leader[] = [];
    for (const { partitionIndex, leaderId: nodeId, leaderEpoch: epoch } of partitions) {
      leaders[partitionIndex] = newer(known[partitionIndex], { nodeId, epoch });
    }
    this.#view = { uuid, id: printTopicId(uuid), leaders };
  }
}

function newer(known: Leader | undefined, told: Leader): Leader {
  return known !== undefined && known.epoch > told.epoch ? known : told;
}

function printTopicId(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}
