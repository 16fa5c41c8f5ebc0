import {
  Admin,
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
  type ConfigDescription,
} from '@platformatic/kafka';
import {
  Connection,
  incrementalAlterConfigsV1,
  listPartitionReassignmentsV0,
  type Broker,
} from '../kafka/client.ts';
import type { KafkaConnection } from '../kafka/config.ts';
import type { Change, Configs, FoundTopic } from './reconcile.ts';
import type { PresentTopic } from './topic.ts';

const CLIENT_ID = 'headwater-topics';
const REASSIGNMENTS_TIMEOUT_MS = 10_000;
const { SET, DELETE } = IncrementalAlterConfigOperationTypes;

/** Reads and changes topics and cluster-wide settings. */
export class TopicsAdmin {
  readonly #connection: KafkaConnection;
  readonly #admin: Admin;

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#admin = new Admin({ clientId: CLIENT_ID, retries: 0, ...connection });
  }

  /** Finds those of the named topics that exist, and whether all of their partitions have a leader. */
  async findTopics(
    names: readonly string[],
  ): Promise<{ readonly found: ReadonlyMap<string, FoundTopic>; readonly allLed: boolean }> {
    const existing = new Set(await this.#admin.listTopics());
    const topics = names.filter((name) => existing.has(name));
    if (topics.length === 0) return { found: new Map(), allLed: true };
    const { topics: metadata } = await this.#admin.metadata({ topics, forceUpdate: true });
    const descriptions = await this.#admin.describeConfigs({
      resources: topics.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName })),
    });
    const configs = new Map(
      descriptions.map((description) => [
        description.resourceName,
        valuesFrom(description, ConfigSources.DYNAMIC_TOPIC_CONFIG),
      ]),
    );
    const leaving = await this.#findLeavingReplicas(topics);
    const found = new Map(
      Array.from(metadata, ([name, { partitions }]) => [
        name,
        {
          partitions: partitions.length,
          replicationFactor: (partitions[0]?.replicas.length ?? 0) - (leaving.get(name) ?? 0),
          configs: configs.get(name) ?? {},
        },
      ]),
    );
    const partitions = Array.from(metadata.values(), (topic) => topic.partitions).flat();
    return { found, allLed: partitions.every(({ leader }) => leader >= 0) };
  }

  /**
   * Finds those of the named settings that have a dynamic value for all brokers, which overrides the brokers' files.
   */
  async findClusterConfigs(names: readonly string[]): Promise<Configs> {
    if (names.length === 0) return {};
    const [id] = (await this.#metadata()).brokers.keys();
    const [description] = await this.#admin.describeConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.BROKER,
          resourceName: String(id),
          configurationKeys: [...names],
        },
      ],
    });
    return description === undefined
      ? {}
      : valuesFrom(description, ConfigSources.DYNAMIC_DEFAULT_BROKER_CONFIG);
  }

  /** @throws the error that Kafka returns */
  async apply(change: Change): Promise<void> {
    switch (change.kind) {
      case 'create':
        return this.#create(change.topic);
      case 'grow':
        await this.#admin.createPartitions({ topics: [{ name: change.name, count: change.to }] });
        return;
      case 'configure':
        return this.#configure(change.name, change.set, change.reset);
      case 'configure-cluster':
        return this.#configureCluster(change.set);
      case 'delete':
        await this.#admin.deleteTopics({ topics: [change.name] });
    }
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  async #create({ name, partitions, replicationFactor, configs = {} }: PresentTopic): Promise<void> {
    await this.#admin.createTopics({
      topics: [name],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      ...(partitions !== undefined && { partitions }),
      ...(replicationFactor !== undefined && { replicas: replicationFactor }),
    });
  }

  async #configure(topic: string, set: Configs, reset: readonly string[]): Promise<void> {
    const configs = [
      ...Object.entries(set).map(([name, value]) => ({ name, value, configOperation: SET })),
      ...reset.map((name) => ({ name, configOperation: DELETE })),
    ];
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs };
    await this.#admin.incrementalAlterConfigs({ resources: [resource] });
  }

  /** The resource name for all brokers is empty, which the client's own method replaces with broker 0. */
  async #configureCluster(set: Configs): Promise<void> {
    const configs = Object.entries(set).map(([name, value]) => ({ name, value, configOperation: SET }));
    const [broker] = (await this.#metadata()).brokers.values();
    await this.#ask(broker, (connection) =>
      incrementalAlterConfigsV1.api.async(
        connection,
        [{ resourceType: ConfigResourceTypes.BROKER, resourceName: '', configs }],
        false,
      ),
    );
  }

  /** Number of replicas that a reassignment removes from the first partition of each topic. */
  async #findLeavingReplicas(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { brokers, controllerId } = await this.#metadata();
    // With ZooKeeper only the controller knows; with KRaft each broker forwards the request.
    const response = await this.#ask(brokers.get(controllerId), (connection) =>
      listPartitionReassignmentsV0.api.async(
        connection,
        REASSIGNMENTS_TIMEOUT_MS,
        topics.map((name) => ({ name, partitionIndexes: [0] })),
      ),
    );
    return new Map(
      response.topics.map(({ name, partitions }) => [name, partitions[0]?.removingReplicas.length ?? 0]),
    );
  }

  #metadata(): ReturnType<Admin['metadata']> {
    return this.#admin.metadata({ topics: [], forceUpdate: true });
  }

  async #ask<Response>(
    broker: Broker | undefined,
    question: (connection: Connection) => Promise<Response>,
  ): Promise<Response> {
    if (broker === undefined) throw new Error('no broker accepts changes yet');
    const { tls, sasl } = this.#connection;
    const connection = new Connection(CLIENT_ID, {
      ...(tls && { tls, tlsServerName: true }),
      ...(sasl && { sasl }),
    });
    await connection.connect(broker.host, broker.port);
    try {
      return await question(connection);
    } finally {
      await connection.close();
    }
  }
}

function valuesFrom({ configs }: ConfigDescription, source: number): Configs {
  return Object.fromEntries(
    configs
      .filter(({ configSource }) => configSource === source)
      .map(({ name, value }) => [name, value ?? '']),
  );
}
