import { Admin, Connection, describeQuorumV2 } from '@platformatic/kafka';
import type { CommitSample } from '../../infra/local/verify/commits.ts';

/** Where the members of a topic's partitions stand. */
export interface PartitionState {
  readonly partition: number;
  readonly leader: number;
  readonly inSyncReplicas: readonly number[];
}

/** Looks at a cluster from outside of the programs under test, through every broker it is told of. */
export class ClusterObserver {
  readonly #admin: Admin;

  constructor(bootstrapServers: string) {
    this.#admin = new Admin({
      clientId: 'observer',
      bootstrapBrokers: bootstrapServers.split(','),
      timeout: 5_000,
      retries: 2,
      retryDelay: 200,
    });
  }

  get admin(): Admin {
    return this.#admin;
  }

  async partitions(topic: string): Promise<PartitionState[]> {
    const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
    const { partitions = [] } = topics.get(topic) ?? {};
    return partitions.map(({ leader, isr }, partition) => ({ partition, leader, inSyncReplicas: isr }));
  }

  /** The topic's id as Kafka's own tools print it. */
  async topicId(topic: string): Promise<string> {
    const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
    const id = topics.get(topic)?.id;
    if (id === undefined) throw new Error(`the cluster knows no topic ${topic}`);
    return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
  }

  /** Id of the node that leads a KRaft quorum, as the broker at this endpoint says. */
  async quorumLeader(endpoint: string): Promise<number> {
    const [host = '', port] = endpoint.split(':');
    const connection = new Connection('observer');
    await connection.connect(host, Number(port));
    try {
      const log = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] };
      const { topics } = await describeQuorumV2.api.async(connection, [log]);
      return topics[0]?.partitions[0]?.leaderId ?? -1;
    } finally {
      await connection.close();
    }
  }

  /** Committed offsets by partition; partitions without one are absent. */
  async committed(groupId: string, topic: string, partitions: number): Promise<Map<number, number>> {
    const partitionIndexes = Array.from({ length: partitions }, (_, partition) => partition);
    const groups = await this.#admin.listConsumerGroupOffsets({
      groups: [{ groupId, topics: [{ name: topic, partitionIndexes }] }],
    });
    const found = groups[0]?.topics[0]?.partitions ?? [];
    return new Map(
      found
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
    );
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }
}

export interface CommitSamplerOptions {
  readonly observer: ClusterObserver;
  readonly groupId: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: number;
  /** What the store has accepted by now. */
  readonly chainEnd: (topicId: string, partition: number) => number;
}

/**
 * Compares committed offsets with the chain again and again. The chain is looked at after the committed offset
 * came back, and the store's answer precedes the commit, so a sample ahead of the chain is always a fault.
 */
export class CommitSampler {
  readonly samples: CommitSample[] = [];
  readonly #options: CommitSamplerOptions;
  readonly #timer: NodeJS.Timeout;
  #sampling: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(options: CommitSamplerOptions, everyMs = 200) {
    this.#options = options;
    this.#timer = setInterval(() => {
      if (this.#busy) return;
      this.#busy = true;
      // A broker that is down takes no samples; the tests ask that enough were taken.
      this.#sampling = this.sample()
        .catch(() => undefined)
        .finally(() => (this.#busy = false));
    }, everyMs);
  }

  async sample(): Promise<void> {
    const { observer, groupId, topic, topicId, partitions, chainEnd } = this.#options;
    for (const [partition, committed] of await observer.committed(groupId, topic, partitions)) {
      this.samples.push({ topicId, partition, committed, chainEnd: chainEnd(topicId, partition) });
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sampling;
  }
}
