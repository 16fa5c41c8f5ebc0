import {
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
  type Admin,
} from '@platformatic/kafka';
import type { Change, FoundTopic } from './reconcile.ts';

/** Those of the named topics that exist, and whether each of their partitions has a leader. */
export async function findTopics(
  admin: Admin,
  names: readonly string[],
): Promise<{ readonly found: ReadonlyMap<string, FoundTopic>; readonly allLed: boolean }> {
  const existing = new Set(await admin.listTopics());
  const topics = names.filter((name) => existing.has(name));
  if (topics.length === 0) return { found: new Map(), allLed: true };
  const { topics: metadata } = await admin.metadata({ topics, forceUpdate: true });
  const descriptions = await admin.describeConfigs({
    resources: topics.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName })),
  });
  const configs = new Map(
    descriptions.map((description) => [
      description.resourceName,
      Object.fromEntries(
        description.configs
          .filter(({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG)
          .map(({ name, value }) => [name, value ?? '']),
      ),
    ]),
  );
  const found = new Map(
    Array.from(metadata, ([name, { partitions }]) => [
      name,
      {
        partitions: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        configs: configs.get(name) ?? {},
      },
    ]),
  );
  const partitions = Array.from(metadata.values(), (topic) => topic.partitions).flat();
  return { found, allLed: partitions.every(({ leader }) => leader >= 0) };
}

/** @throws what Kafka answers where it refuses */
export async function applyChange(admin: Admin, change: Change): Promise<void> {
  switch (change.kind) {
    case 'create': {
      const { name, partitions, replicationFactor, configs = {} } = change.topic;
      await admin.createTopics({
        topics: [name],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        ...(partitions !== undefined && { partitions }),
        ...(replicationFactor !== undefined && { replicas: replicationFactor }),
      });
      return;
    }
    case 'grow':
      await admin.createPartitions({ topics: [{ name: change.name, count: change.to }] });
      return;
    case 'configure': {
      const { SET, DELETE } = IncrementalAlterConfigOperationTypes;
      const set = Object.entries(change.set).map(([name, value]) => ({ name, value, configOperation: SET }));
      const reset = change.reset.map((name) => ({ name, configOperation: DELETE }));
      await admin.incrementalAlterConfigs({
        resources: [
          {
            resourceType: ConfigResourceTypes.TOPIC,
            resourceName: change.name,
            configs: [...set, ...reset],
          },
        ],
      });
      return;
    }
    case 'delete':
      await admin.deleteTopics({ topics: [change.name] });
  }
}
