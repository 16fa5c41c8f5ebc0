import type { Topic } from '../constructs/topics.ts';
import type { Environment } from '../environments/environment.ts';
import { toDuration, toSize } from './units.ts';

/** Every topic that the environment's parts need: those it lists, and the lanes of its log buffer. */
export function declaredTopics(environment: Environment): Readonly<Record<string, Topic>> {
  const listed = Object.entries(environment.topics).map(([name, topic]): [string, Topic] => [
    name,
    {
      ...topic,
      retention: toDuration(topic.retention),
      retentionPerPartition: toSize(topic.retentionPerPartition),
      segment: toSize(topic.segment),
    },
  ]);
  const { kafkaBuffer } = environment.logging;
  if (kafkaBuffer === undefined) return Object.fromEntries(listed);
  const lanes = Object.entries(kafkaBuffer.lanes).map(([lane, { partitions }]): [string, Topic] => [
    `logs-${lane}`,
    {
      partitions,
      replicationFactor: kafkaBuffer.replicationFactor,
      minInSyncReplicas: kafkaBuffer.minInSyncReplicas,
      cleanup: 'delete',
      retention: toDuration(kafkaBuffer.retention),
      retentionPerPartition: toSize(kafkaBuffer.retentionPerPartition),
      segment: toSize(kafkaBuffer.segment),
    },
  ]);
  return Object.fromEntries([...listed, ...lanes]);
}
