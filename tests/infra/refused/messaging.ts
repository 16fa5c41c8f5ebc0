import { environments } from '../../../infra/environments/environments.ts';
import { filebeatBuffer, filebeatLogging } from '../log-settings.ts';
import type { Refusal } from './refusal.ts';

/** What Kafka, its metadata and its topics refuse. */
export const messagingRefusals: readonly Refusal[] = [
  {
    configuration: 'A misspelt key',
    changes: { 'kafka.brokerz': 3 },
    message: 'kafka.brokerz: unknown key, did you mean brokers?',
  },
  {
    configuration: 'Brokers: 0',
    changes: { 'kafka.brokers': 0 },
    message: 'kafka.brokers: must be at least 1, got 0',
  },
  {
    configuration: 'Brokers: a fraction',
    changes: { 'kafka.brokers': 2.5 },
    message: 'kafka.brokers: must be a whole number, got 2.5',
  },
  {
    configuration: 'Brokers: a word',
    changes: { 'kafka.brokers': 'three' },
    message: 'kafka.brokers: must be a number, got "three"',
  },
  {
    configuration: 'An even ensemble',
    changes: { 'kafka.metadata.ensemble.servers': 4 },
    message:
      'kafka.metadata.ensemble.servers: must be 1, 3 or 5: an even ensemble adds a server and no tolerance, got 4',
  },
  {
    configuration: 'An ensemble of none',
    changes: { 'kafka.metadata.ensemble.servers': 0 },
    message:
      'kafka.metadata.ensemble.servers: must be 1, 3 or 5: an even ensemble adds a server and no tolerance, got 0',
  },
  {
    configuration: 'An even quorum of controllers',
    environment: 'staging',
    changes: { 'kafka.metadata.controllers.replicas': 2 },
    message:
      'kafka.metadata.controllers.replicas: must be 1, 3 or 5: an even quorum adds a node and no tolerance, got 2',
  },
  {
    configuration: 'Combined controllers on an even number of brokers',
    environment: 'staging',
    changes: { 'kafka.metadata.controllers': { placement: 'combined' }, 'kafka.brokers': 4 },
    message:
      'kafka: brokers must be an odd number if every broker is a controller too, got 4: an even quorum tolerates no more failures than one node fewer',
  },
  {
    configuration: 'ZooKeeper with Kafka 4',
    changes: { 'kafka.metadata.version': '4.4.0' },
    message:
      'kafka.metadata.version: must be 3.9.2, the last line with ZooKeeper: Kafka 4.0 removed it, use mode kraft, got "4.4.0"',
  },
  {
    configuration: 'KRaft with Kafka 3.9',
    environment: 'staging',
    changes: { 'kafka.metadata.version': '3.9.2' },
    message: 'kafka.metadata.version: must be 4.4.0: KRaft runs only on the 4.x line, got "3.9.2"',
  },
  {
    configuration: 'KRaft without the id that its storage is formatted with',
    environment: 'staging',
    changes: { 'kafka.metadata.clusterId': 'headwater' },
    message: `kafka.metadata.clusterId: must be 22 characters of base64url, from node -p "crypto.randomBytes(16).toString('base64url')", got "headwater"`,
  },
  {
    configuration: 'More replicas than brokers',
    changes: { 'topics.events.replicationFactor': 4 },
    message:
      'topic events: replicationFactor must be at least 1 and at most brokers (3), got 4: each replica needs its own broker',
  },
  {
    configuration: 'min.insync.replicas above the replicas',
    changes: { 'topics.events.minInSyncReplicas': 4 },
    message:
      'topic events: minInSyncReplicas must be below replicationFactor (3), got 4: no write would ever be acknowledged',
  },
  {
    configuration: 'min.insync.replicas equal to the replicas',
    changes: { 'topics.events.minInSyncReplicas': 3 },
    message:
      'topic events: minInSyncReplicas must be below replicationFactor (3), got 3: one broker down would stop every write',
  },
  {
    configuration: 'A segment larger than the retention',
    changes: { 'topics.events.segment': '16Gi' },
    message:
      'topic events: segment must be at most retentionPerPartition (8388608 KiB), got 16777216 KiB: Kafka never deletes the active segment',
  },
  {
    configuration: 'A topic that is declared and deleted',
    changes: { deletedTopics: ['events'] },
    message: 'topics: deleted must be a topic that is not declared at the same time, got events',
  },
  {
    configuration: 'A topic that is deleted twice',
    changes: { deletedTopics: ['clicks', 'clicks'] },
    message: 'deletedTopics: must be a list with each element once, got ["clicks","clicks"]',
  },
  {
    configuration: 'Events for a topic that is not declared',
    changes: { eventsTopic: 'evnets' },
    message: 'environment: eventsTopic must be one of topics (events), got evnets',
  },
  {
    configuration: 'A topic name that Kafka refuses',
    changes: { topics: { 'my events': environments.production.topics['events'] }, eventsTopic: 'my events' },
    message:
      'topics.my events: must be a topic name of at most 249 of a-z, A-Z, 0-9, ., _ and -, got "my events"',
  },
  {
    configuration: 'Retention above the volume',
    changes: {
      'kafka.logVolume': '100Gi',
      logging: filebeatLogging(filebeatBuffer),
    },
    message:
      'kafka: logVolume must be at least 143.83 GiB, got 100 GiB: its replicas on one broker may grow to events 12 × 8.5 GiB + logs-high 6 × 1.13 GiB + logs-medium 6 × 1.13 GiB + logs-low 3 × 1.13 GiB + logs-burst 3 × 1.13 GiB = 122.25 GiB, of which 85 % of the volume is the most',
  },
  {
    configuration: 'A volume in decimal units',
    changes: { 'kafka.logVolume': '200G' },
    message: 'kafka.logVolume: must be a whole number and Mi, Gi or Ti, such as 20Gi, got "200G"',
  },
  {
    configuration: 'A volume in words',
    changes: { 'kafka.logVolume': 'ten' },
    message: 'kafka.logVolume: must be a whole number and Mi, Gi or Ti, such as 20Gi, got "ten"',
  },
  {
    configuration: 'A volume of nothing',
    changes: { 'kafka.logVolume': '0Gi' },
    message: 'kafka.logVolume: must be a whole number and Mi, Gi or Ti, such as 20Gi, got "0Gi"',
  },
  {
    configuration: 'A broker heap above the memory limit',
    changes: { 'kafka.heap': '8Gi' },
    message:
      'kafka: heap must be at most 8064 MiB, 128 MiB below the memory limit (8192 MiB), got 8192 MiB: the JVM needs memory beside its heap, and is killed at the limit',
  },
  {
    configuration: 'A broker heap in which the log cleaner may find no room',
    changes: { 'kafka.heap': '256Mi' },
    message:
      'kafka: heap must be at least 384 MiB, got 256 MiB: the log cleaner allocates 128 MiB of it in one piece when a broker starts',
  },
  {
    configuration: 'A ZooKeeper heap above the memory limit',
    changes: { 'kafka.metadata.ensemble.heap': '2Gi' },
    message:
      'zookeeper: heap must be at most 896 MiB, 128 MiB below the memory limit (1024 MiB), got 2048 MiB: the JVM needs memory beside its heap, and is killed at the limit',
  },
  {
    configuration: 'A controller heap above the memory limit',
    environment: 'staging',
    changes: { 'kafka.metadata.controllers.heap': '1Gi' },
    message:
      'kafka controllers: heap must be at most 896 MiB, 128 MiB below the memory limit (1024 MiB), got 1024 MiB: the JVM needs memory beside its heap, and is killed at the limit',
  },
  {
    configuration: 'Fewer outside addresses than brokers',
    changes: { 'kafka.exposure': { kind: 'node-port', hosts: ['a.example.com'], firstNodePort: 30_100 } },
    message:
      'kafka: exposure.hosts must be one for each of the 3 brokers, got 1: a client must reach the broker that leads a partition',
  },
  {
    configuration: 'Two brokers behind one load balancer',
    changes: {
      'kafka.exposure': {
        kind: 'load-balancer',
        bootstrapHost: 'kafka.example.com',
        hosts: ['a.example.com', 'b.example.com', 'a.example.com'],
      },
    },
    message:
      'kafka: exposure.hosts must be different names: each broker has its own load balancer, got a.example.com, b.example.com, a.example.com',
  },
  {
    configuration: 'Node ports that end above the range',
    changes: {
      'kafka.exposure': {
        kind: 'node-port',
        hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
        firstNodePort: 32_766,
      },
    },
    message: 'kafka: exposure.firstNodePort must be at most 32764, so that 3 more ports follow it, got 32766',
  },
  {
    configuration: 'An advertised host that no resolver knows',
    changes: {
      'kafka.exposure': {
        kind: 'node-port',
        hosts: ['node_1', 'b.example.com', 'c.example.com'],
        firstNodePort: 30_100,
      },
    },
    message:
      'kafka.exposure.hosts.0: must be a full host name in lower case without wildcard, such as collect.example.com, got "node_1"',
  },
  {
    configuration: 'A Secret without version',
    changes: { 'kafka.security.certificateSecret': 'kafka-certificate' },
    message:
      'kafka.security.certificateSecret: must be the name of a Secret that ends in its version, such as object-store-v1, got "kafka-certificate"',
  },
  {
    configuration: 'A public Kafka UI without login',
    changes: {
      kafkaUi: {
        resources: { cpuMillicores: 100, memory: '512Mi' },
        access: { kind: 'public', host: 'kafka.example.com', tlsSecret: 'kafka-ui-tls-v1' },
      },
    },
    message: 'kafkaUi.access.oauthSecret: must be text, got nothing',
  },
  {
    configuration: 'Plain text to Kafka where strict',
    changes: { 'kafka.security': { protocol: 'plaintext' } },
    message: 'environment: kafka.security.protocol must be tls if strict is true, got plaintext',
  },
  {
    configuration: 'One broker where strict',
    changes: { 'kafka.brokers': 1 },
    message:
      'environment: kafka.brokers must be at least 3 if strict is true, got 1: the loss of one disk would lose events',
  },
  {
    configuration: 'One ZooKeeper server where strict',
    changes: { 'kafka.metadata.ensemble.servers': 1 },
    message:
      'environment: kafka.metadata.ensemble.servers must be at least 3 if strict is true, got 1: the loss of one disk would lose the metadata of every topic',
  },
  {
    configuration: 'One replica where strict',
    changes: { 'topics.events.replicationFactor': 1, 'topics.events.minInSyncReplicas': 1 },
    message:
      'topic events: replicationFactor must be at least 2 if strict is true, got 1: the loss of one disk would lose events',
  },
];
