import { lab } from '../../../../infra/environments/lab.ts';
import type { LogBuffer, Logging } from '../../../../infra/environments/logging.ts';
import type { Cluster } from '../../../lab/cluster.ts';
import { waitForRollouts } from '../../../lab/platform.ts';
import { environmentOfLab } from '../lab-under-test.ts';
import { identityOf, platformWith } from './objects.ts';

/** Above what the tests' pods write, but for the one that is to pass it. */
export const QUOTA_LINES_PER_SECOND = 200;

const LANE = { partitions: 1, replicas: 1 };

/** A log buffer in Kafka with Filebeat at both ends, as small as the lab. */
const KAFKA_BUFFER: LogBuffer = {
  indexer: 'filebeat',
  lanes: { high: LANE, medium: LANE, low: LANE, burst: LANE },
  quotaLinesPerSecond: QUOTA_LINES_PER_SECOND,
  replicationFactor: 3,
  minInSyncReplicas: 2,
  retention: '1d',
  retentionPerPartition: '64Mi',
  segment: '16Mi',
  resources: { cpuMillicores: 50, memory: '192Mi' },
};

function byWayOfKafka(logging: Logging): Logging {
  if (logging.collector !== 'filebeat') throw new Error('the lab must collect its logs with Filebeat');
  return { ...logging, kafkaBuffer: KAFKA_BUFFER };
}

/**
 * Sends the logs by way of Kafka, and waits until everything for that is ready.
 *
 * @returns what undoes it, without the topics
 */
export function bufferLogs(cluster: Cluster): () => void {
  const environment = environmentOfLab();
  const before = platformWith(environment);
  const after = platformWith(environment, byWayOfKafka(environment.logging));
  const known = new Map(before.map((object) => [identityOf(object), JSON.stringify(object)]));
  const changed = after.filter((object) => known.get(identityOf(object)) !== JSON.stringify(object));
  const touched = new Set(changed.map(identityOf));
  const added = changed.filter((object) => !known.has(identityOf(object)));
  const restore = (): void => {
    cluster.apply(before.filter((object) => touched.has(identityOf(object))));
    cluster.delete(added);
    waitForRollouts(cluster, () => undefined);
  };
  try {
    cluster.apply(changed);
    const topics = added.find(({ kind }) => kind === 'Job')?.metadata.name ?? '';
    const { pipeline } = lab.namespaces;
    cluster.kubectl([
      'wait',
      '--namespace',
      pipeline,
      '--for=condition=Complete',
      '--timeout=120s',
      `job/${topics}`,
    ]);
    waitForRollouts(cluster, () => undefined);
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}
