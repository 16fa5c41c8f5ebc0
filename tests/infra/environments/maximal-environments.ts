import type { Environment } from '../../../infra/environments/environment.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { everyOption, logstashOption } from '../../policies/options.ts';
import { filebeatBuffer, filebeatLogging, logstashBuffer } from '../log-settings.ts';

const { production, staging } = environments;
const { security } = everyOption.kafka;
const { metadata } = staging.kafka;
/** Of which a copy less may be kept. */
const events = { ...staging.topics['events'], minInSyncReplicas: 1 } as Environment['topics'][string];
if (
  metadata.mode !== 'kraft' ||
  metadata.controllers.placement !== 'separate' ||
  security.protocol !== 'tls'
) {
  throw new Error('staging must have controllers of their own, and production TLS');
}

const LANE = { partitions: 4, replicas: 1 };
const LANES = { lanes: { high: LANE, medium: LANE, low: LANE, burst: LANE }, minInSyncReplicas: 1 };
const AWS = { accountId: '123456789012', region: 'eu-central-1' };

/** Controllers of their own, with every property that may be left out. */
const separate: Environment = {
  ...staging,
  images: { registry: 'registry.example.com/headwater' },
  priority: { kind: 'existing', state: 'important', collectors: 'on-each-node' },
  kafka: {
    ...staging.kafka,
    metadata: {
      ...metadata,
      sessionTimeout: '12s',
      controllers: { ...metadata.controllers, heap: '512Mi' },
    },
    heap: '2Gi',
    security: { ...security, clusterIssuer: 'internal', authentication: { mechanism: 'none' } },
    exposure: {
      kind: 'node-port',
      hosts: ['kafka-0.example.com', 'kafka-1.example.com', 'kafka-2.example.com'],
      firstNodePort: 31_000,
    },
  },
  network: {
    ...staging.network,
    dns: [
      { kind: 'pods', namespace: 'openshift-dns', labels: { dns: 'default' }, port: 5353 },
      { kind: 'addresses', cidrs: ['169.254.20.10/32'], port: 53 },
    ],
    apiServerPorts: [8443],
    kedaNamespace: 'autoscaling',
    kafkaClientCidrs: ['203.0.113.0/24'],
  },
  monitoring: {
    kind: 'prometheus-operator',
    labels: { release: 'monitoring' },
    runbooks: 'https://git.example.com/runbooks',
  },
  kafkaUi: {
    resources: { cpuMillicores: 200, memory: '768Mi' },
    access: { kind: 'port-forward' },
  },
  aws: {
    ...AWS,
    bucket: { kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/0123' },
    consumerRole: { name: 'headwater-staging-consumer', clusterName: 'staging' },
    repositories: false,
    searchDomain: {
      name: 'headwater-logs',
      engineVersion: 'OpenSearch_2.19',
      instanceType: 'r7g.large.search',
      instances: 2,
      volumeGi: 100,
      subnetIds: ['subnet-0a', 'subnet-0b'],
      securityGroupIds: ['sg-0a'],
    },
  },
};

/** Brokers that are their own controllers, and a choice of topics. */
const combined: Environment = {
  ...staging,
  images: { registry: `${AWS.accountId}.dkr.ecr.${AWS.region}.amazonaws.com/headwater` },
  aws: {
    ...AWS,
    bucket: {},
    consumerRole: { name: 'headwater-staging-consumer', clusterName: 'staging' },
    repositories: true,
  },
  topics: { events, eventsa: events },
  priority: { kind: 'made' },
  kafka: {
    ...staging.kafka,
    logVolume: '200Gi',
    metadata: { ...metadata, controllers: { placement: 'combined' } },
  },
};

/** ZooKeeper and balancers, with every property that may be left out. */
const balanced: Environment = {
  ...everyOption,
  kafka: {
    ...everyOption.kafka,
    metadata: {
      mode: 'zookeeper',
      version: '3.9.2',
      ensemble: {
        servers: 3,
        dataVolume: '10Gi',
        transactionLogVolume: '10Gi',
        resources: { cpuMillicores: 250, memory: '1Gi' },
        heap: '384Mi',
      },
      sessionTimeout: '12s',
    },
    exposure: {
      kind: 'load-balancer',
      bootstrapHost: 'kafka.example.com',
      hosts: ['kafka-0.example.com', 'kafka-1.example.com', 'kafka-2.example.com'],
      annotations: { 'example.com/balancer': 'internal' },
    },
  },
  edge: {
    kind: 'ingress',
    host: 'collect.example.com',
    tlsSecret: 'collect-tls-v1',
    ingressClassName: 'nginx',
    requestsPerSecondPerAddress: 100,
    controller: {
      workload: { kind: 'deployment', replicas: 2 },
      webhookCertificate: 'job',
      service: 'LoadBalancer',
      serviceAnnotations: { 'example.com/balancer': 'internal' },
      resources: { cpuMillicores: 200, memory: '512Mi' },
    },
  },
  restBridge: {
    replicas: 2,
    resources: { cpuMillicores: 200, memory: '768Mi' },
    clients: { namespaces: ['reporting'], cidrs: ['10.20.0.0/16'] },
  },
  logging: filebeatLogging({
    ...logstashBuffer,
    ...LANES,
    indexer: 'logstash',
    codec: 'plain',
    queueVolume: '10Gi',
  }),
};

/** Environments of which one or another has each property that an environment may have. */
export const maximalEnvironments: readonly Environment[] = [
  production,
  staging,
  environments.dev,
  environments.lab,
  everyOption,
  logstashOption,
  { ...everyOption, logging: filebeatLogging({ ...filebeatBuffer, ...LANES }) },
  separate,
  combined,
  balanced,
];
