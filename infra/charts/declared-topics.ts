import type { Topic } from '../constructs/kafka/topics.ts';
import type { Environment } from '../environments/environment.ts';
import { logBufferOf } from '../environments/logging.ts';
import { toDuration, toSize } from './units.ts';

/** Every topic of an environment: its declared topics, and the lanes of its log buffer. */
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
  const buffer = logBufferOf(environment.logging);
  if (buffer === undefined) return Object.fromEntries(listed);
  const lanes = Object.entries(buffer.lanes).map(([lane, { partitions }]): [string, Topic] => [
    `logs-${lane}`,
    {
      partitions,
      replicationFactor: buffer.replicationFactor,
      minInSyncReplicas: buffer.minInSyncReplicas,
      cleanup: 'delete',
      retention: toDuration(buffer.retention),
      retentionPerPartition: toSize(buffer.retentionPerPartition),
      segment: toSize(buffer.segment),
    },
  ]);
  return Object.fromEntries([...listed, ...lanes]);
}
