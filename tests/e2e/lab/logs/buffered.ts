import { lab } from '../../../../infra/environments/lab.ts';
import type { Environment } from '../../../../infra/environments/environment.ts';
import type { LogBuffer } from '../../../../infra/environments/logging.ts';
import type { Cluster } from '../../../lab/cluster.ts';
import { waitForRollouts } from '../../../lab/platform.ts';
import { secretsOfLab } from '../../../lab/stack/configuration.ts';
import { environmentOfLab } from '../lab-under-test.ts';
import { identityOf, platformOf, type KubernetesObject } from './objects.ts';

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

function byWayOfKafka(environment: Environment): Environment {
  const changed = structuredClone(environment);
  const { logging, kafka } = changed;
  if (logging.collector !== 'filebeat') throw new Error('the lab must collect its logs with Filebeat');
  logging.kafkaBuffer = KAFKA_BUFFER;
  if (kafka.security.protocol !== 'tls' || kafka.security.authentication.mechanism !== 'scram-sha-512')
    throw new Error('the clients of the lab must log in');
  kafka.security.authentication.users.logs = 'kafka-logs-v1';
  return changed;
}

/** The platform's objects, and the Secrets that Pulumi makes for them. */
function objectsOf(environment: Environment): KubernetesObject[] {
  const secrets = secretsOfLab(environment).map(({ namespace, name, type, values }) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    type,
    stringData: values,
  }));
  return [...secrets, ...platformOf(environment)];
}

/**
 * Sends the logs by way of Kafka, and waits until everything for that is ready.
 *
 * @returns what undoes it, without the topics
 */
export function bufferLogs(cluster: Cluster): () => void {
  const environment = environmentOfLab();
  const before = objectsOf(environment);
  const after = objectsOf(byWayOfKafka(environment));
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
    const jobs = added.filter(({ kind }) => kind === 'Job').map(({ metadata }) => `job/${metadata.name}`);
    const wait = ['wait', '--namespace', lab.namespaces.pipeline, '--for=condition=Complete'];
    cluster.kubectl([...wait, '--timeout=120s', ...jobs]);
    waitForRollouts(cluster, () => undefined);
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}
