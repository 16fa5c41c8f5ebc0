import type { Environment } from './environment.ts';

/**
 * Production's topology on one node: three servers, three brokers, small heaps, short sessions. Its object store and
 * search cluster run on the node itself, outside Kubernetes.
 */
export const lab: Environment = {
  name: 'lab',
  strict: false,
  clusterDomain: 'cluster.local',
  namespaces: { pipeline: 'headwater', logging: 'headwater-logging', ingress: 'ingress-nginx' },
  quotas: {
    pipeline: { cpuMillicores: 4_000, memoryGi: 12, pods: 30 },
    ingress: { cpuMillicores: 1_000, memoryGi: 2, pods: 6 },
  },
  spread: 'preferred',
  kafka: {
    metadata: {
      mode: 'zookeeper',
      version: '3.9.2',
      ensemble: {
        servers: 3,
        dataVolume: '1Gi',
        transactionLogVolume: '1Gi',
        resources: { cpuMillicores: 50, memory: '320Mi' },
      },
      sessionTimeout: '6s',
    },
    brokers: 3,
    resources: { cpuMillicores: 100, memory: '1Gi' },
    logVolume: '4Gi',
    maxMessage: '1Mi',
    security: {
      protocol: 'tls',
      certificateSecret: 'kafka-certificate-v1',
      authentication: {
        mechanism: 'scram-sha-512',
        users: {
          producer: 'kafka-producer-v1',
          consumer: 'kafka-consumer-v1',
          topics: 'kafka-topics-v1',
        },
      },
    },
    exposure: { kind: 'none' },
    rack: 'none',
  },
  topics: {
    events: {
      partitions: 6,
      replicationFactor: 3,
      minInSyncReplicas: 2,
      cleanup: 'delete',
      retention: '1d',
      retentionPerPartition: '256Mi',
      segment: '64Mi',
    },
  },
  eventsTopic: 'events',
  deletedTopics: [],
  producer: {
    replicas: { min: 2, max: 3 },
    targetCpuPercent: 60,
    resources: { cpuMillicores: 50, memory: '256Mi' },
    maxBody: '900Ki',
    requestTimeout: '60s',
    linger: '1ms',
    batchMaxRecords: 1000,
    batchMax: '512Ki',
    queueMaxRecords: 40_000,
    queueMax: '32Mi',
    deliveryTimeout: '30s',
    shutdownDeadline: '45s',
    preStopSleep: '10s',
  },
  consumer: {
    replicas: { min: 1, max: 3 },
    lagPerReplica: 50_000,
    cpuMillicores: 50,
    delivery: 'exactly-once',
    codec: 'gzip',
    prefix: 'events',
    flushMaxRecords: 10_000,
    flushMax: '8Mi',
    // Tests wait for it.
    flushMaxAge: '10s',
    maxBuffered: '48Mi',
    maxSpan: 1_000_000,
    sessionTimeout: '10s',
    shutdownDeadline: '60s',
  },
  objectStore: {
    endpoint: 'http://172.30.0.1:9000',
    bucket: 'headwater-lab-events',
    region: 'us-east-1',
    pathStyle: true,
    checksums: 'when-supported',
    expiryDays: 'never',
    credentials: { kind: 'secret', name: 'object-store-v1' },
  },
  edge: {
    kind: 'ingress',
    host: 'collect.lab.example.com',
    tlsSecret: 'collect-tls-v1',
    ingressClassName: 'nginx',
    requestsPerSecondPerAddress: 200,
  },
  logging: {
    collector: 'filebeat',
    resources: { cpuMillicores: 50, memory: '256Mi' },
    maxNodes: 4,
    search: {
      product: 'elasticsearch',
      endpoint: 'http://172.30.0.1:9200',
      credentialsSecret: 'search-credentials-v1',
      indexPrefix: 'pods',
    },
    retention: '1d',
  },
  network: {
    apiServerCidrs: ['172.30.0.1/32'],
    objectStoreCidrs: ['172.30.0.1/32'],
    searchCidrs: ['172.30.0.1/32'],
    edgeClientCidrs: ['0.0.0.0/0'],
    kafkaClientCidrs: [],
    monitoringNamespace: 'monitoring',
  },
  monitoring: { kind: 'none' },
};
