import { environments } from '../../infra/environments/environments.ts';
import type { LogBuffer, Logging } from '../../infra/environments/logging.ts';

/** A log buffer in Kafka for production, as its users would declare it; none of the environments has one. */
export const filebeatBuffer: LogBuffer = {
  indexer: 'filebeat',
  lanes: {
    high: { partitions: 6, replicas: 2 },
    medium: { partitions: 6, replicas: 2 },
    low: { partitions: 3, replicas: 1 },
    burst: { partitions: 3, replicas: 1 },
  },
  quotaLinesPerSecond: 1000,
  replicationFactor: 3,
  minInSyncReplicas: 2,
  retention: '1d',
  retentionPerPartition: '1Gi',
  segment: '128Mi',
  resources: { cpuMillicores: 1000, memory: '2Gi' },
};

/** The same with the other program that reads it. */
export const logstashBuffer: LogBuffer = {
  ...filebeatBuffer,
  indexer: 'logstash',
  codec: 'json',
  queueVolume: '10Gi',
};

type Settings<Collector extends Logging['collector']> = Extract<Logging, { collector: Collector }>;

const { logging } = environments.production;
if (logging.collector !== 'fluentd') throw new Error('production must collect its logs with Fluentd');

/** Production's logs, which Fluentd collects. */
export const fluentdLogging: Settings<'fluentd'> = logging;

/** Production's logs with Filebeat on the nodes, straight or by way of Kafka. */
export function filebeatLogging(kafkaBuffer?: LogBuffer): Settings<'filebeat'> {
  const { resources, maxNodes, search, retention } = fluentdLogging;
  const buffer = kafkaBuffer && { kafkaBuffer };
  return { collector: 'filebeat', resources, maxNodes, search, retention, ...buffer };
}
