import { metadataV12 } from '../client.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';

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

/** Of a cluster whose metadata is of before Kafka 2.8. */
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** What the cluster last said of a topic: its id, partitions and their leaders. A broker that lags takes nothing back. */
export class TopicMetadata {
  readonly name: string;
  readonly #brokers: Brokers;
  #view: TopicView | undefined;
  /** Ids of earlier incarnations: a broker that lags behind may still tell of one. */
  readonly #past = new Set<string>();

  constructor(name: string, brokers: Brokers) {
    this.name = name;
    this.#brokers = brokers;
  }

  /** `undefined` until the topic was seen first. */
  get view(): TopicView | undefined {
    return this.#view;
  }

  leader(partition: number): Leader | undefined {
    const leader = this.#view?.leaders[partition];
    return leader === undefined || leader.nodeId < 0 ? undefined : leader;
  }

  /**
   * Asks one broker after the other until one tells of the topic as it is, or of a later one.
   *
   * @throws {KafkaError} where none does and one says why, such as that there is no such topic
   */
  async update(): Promise<void> {
    await this.#brokers.askAny(metadataV12.api, [[this.name], false, false], (metadata) =>
      this.#adopt(metadata),
    );
  }

  #adopt({ brokers, topics }: metadataV12.MetadataResponse): void {
    const [topic] = topics;
    const isKnown = topic?.errorCode === NONE;
    // A broker that has just started knows no topic yet, nor all the others.
    this.#brokers.learn(new Map(brokers.map((broker) => [broker.nodeId, broker])), isKnown);
    if (!isKnown) throw new KafkaError(`topic ${this.name}`, topic?.errorCode ?? -1);
    const { topicId: uuid, partitions } = topic;
    if (this.#past.has(uuid)) throw new Error(`a broker still tells of an earlier topic ${this.name}`);
    const before = this.#view;
    if (before !== undefined && before.uuid !== uuid && before.uuid !== NO_UUID) this.#past.add(before.uuid);
    // Without an id it may be another topic: then an epoch that begins anew is believed.
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
