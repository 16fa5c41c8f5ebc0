import type { Environment } from '../../infra/environments/environment.ts';

/** A log buffer in Kafka for production, as its users would declare it; none of the environments has one. */
export const logBuffer: NonNullable<Environment['logging']['kafkaBuffer']> = {
  indexer: 'logstash',
  codec: { kind: 'json' },
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
  queueVolume: '10Gi',
  resources: { cpuMillicores: 1000, memory: '2Gi' },
};
