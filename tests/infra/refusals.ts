import { environments } from '../../infra/environments/environments.ts';
import type { Environment } from '../../infra/environments/environment.ts';
import { logBuffer } from './log-buffer.ts';

/** One configuration that is refused, and the words with which it is. */
export interface Refusal {
  readonly configuration: string;
  /** A path in an environment and the value that is put there; `undefined` takes the property away. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** @default production */
  readonly environment?: Environment['name'];
  readonly message: string;
}

/** The environment with the changes made, as a value that came from anywhere. */
export function changed({
  environment = 'production',
  changes,
}: Pick<Refusal, 'environment' | 'changes'>): unknown {
  const value: unknown = structuredClone(environments[environment]);
  for (const [path, replacement] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((current, key) => Reflect.get(Object(current) as object, key), value);
    Reflect.set(Object(parent) as object, last, structuredClone(replacement));
  }
  return value;
}

/** The lines of reference for every configuration that must not reach YAML; `docs/refused-configurations.md` is made of it. */
export const refusals: readonly Refusal[] = [
  {
    configuration: 'A misspelt key',
    changes: { 'kafka.brokerz': 3 },
    message: 'kafka.brokerz: unknown key, did you mean brokers?',
  },
  {
    configuration: 'A key that nothing resembles',
    changes: { 'producer.vegetables': 3 },
    message: 'producer.vegetables: unknown key',
  },
  {
    configuration: 'A required key left out',
    changes: { 'producer.maxBody': undefined },
    message: 'producer.maxBody: must be a whole number and Ki, Mi or Gi, such as 900Ki, got nothing',
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
    configuration: 'Replicas: negative',
    changes: { 'consumer.replicas.min': -1 },
    message: 'consumer.replicas.min: must be at least 1, got -1',
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
      'kafka: brokers must be an odd number where every broker is a controller too, got 4: an even quorum tolerates no more failures than one node fewer',
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
    message: 'kafka.metadata.version: must be 4.4.0: KRaft is run on the 4.x line only, got "3.9.2"',
  },
  {
    configuration: 'KRaft without the id that its storage is formatted with',
    environment: 'staging',
    changes: { 'kafka.metadata.clusterId': 'headwater' },
    message:
      'kafka.metadata.clusterId: must be 22 characters of base64url, from kafka-storage.sh random-uuid, got "headwater"',
  },
  {
    configuration: 'More replicas than brokers',
    changes: { 'topics.events.replicationFactor': 4 },
    message:
      'topic events: replicationFactor must be at least 1 and at most brokers (3), got 4: each replica needs a broker of its own',
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
      'topic events: segment must be at most retentionPerPartition (8388608 KiB), got 16777216 KiB: the segment that is written is never deleted',
  },
  {
    configuration: 'A topic that is declared and deleted',
    changes: { deletedTopics: ['events'] },
    message: 'topics: deleted must be a topic that is not declared at the same time, got events',
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
      'logging.collector': 'filebeat',
      'logging.kafkaBuffer': logBuffer,
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
      'kafka: exposure.hosts must be one for each of the 3 brokers, got 1: a client must reach the very broker that leads a partition',
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
      'kafka: exposure.hosts must be different names: each broker has a load balancer of its own, got a.example.com, b.example.com, a.example.com',
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
    configuration: 'A body limit above the brokers’ own',
    changes: { 'producer.maxBody': '1Mi' },
    message:
      'environment: producer.maxBody must be at most kafka.maxMessage (1Mi) less 32768 bytes of overhead, got 1Mi: the edge and the producer would take what the brokers refuse',
  },
  {
    configuration: 'A batch above the brokers’ limit',
    changes: { 'producer.batchMax': '2Mi' },
    message:
      "environment: producer.batchMax must be at most kafka.maxMessage (1Mi), got 2Mi: the brokers' limit is for a batch, not for one record",
  },
  {
    configuration: 'A producer queue above its memory',
    changes: { 'producer.queueMax': '1Gi' },
    message:
      'environment: producer.queueMax must be at most a fifth of producer.resources.memory (512Mi) less 100663296 bytes of the runtime, got 1Gi: a full queue would end the pod with everything in it',
  },
  {
    configuration: 'A drain shorter than a delivery',
    changes: { 'producer.shutdownDeadline': '10s' },
    message:
      'environment: producer.shutdownDeadline must be more than 38s: 8s until the edge has forgotten the pod, and producer.deliveryTimeout (30s), got 10s: a request that was taken while the pod left would end without an answer',
  },
  {
    configuration: 'A flush larger than the consumer’s memory',
    changes: { 'consumer.flushMax': '1Gi' },
    message:
      'environment: consumer.flushMax must be at most consumer.maxBuffered (128Mi), got 1Gi: no object would ever reach that size',
  },
  {
    configuration: 'A flush of no records',
    changes: { 'consumer.flushMaxRecords': 0 },
    message: 'consumer.flushMaxRecords: must be at least 1, got 0',
  },
  {
    configuration: 'A flush interval of nothing',
    changes: { 'consumer.flushMaxAge': '0s' },
    message: 'consumer.flushMaxAge: must be a whole number and ms, s, m, h or d, such as 30s, got "0s"',
  },
  {
    configuration: 'Objects that expire before their records',
    changes: { 'objectStore.expiryDays': 7 },
    message:
      'environment: objectStore.expiryDays must be more than topics.events.retention (7d), got 7: the chain of objects is the position in Kafka: where its end has expired, events are stored again',
  },
  {
    configuration: 'An object store without scheme',
    changes: { 'objectStore.endpoint': 's3.example.com' },
    message:
      'objectStore.endpoint: must be a URL with its scheme, such as https://search.example.com:9200, got "s3.example.com"',
  },
  {
    configuration: 'An object store without TLS where strict',
    changes: { 'objectStore.endpoint': 'http://s3.example.com' },
    message:
      'environment: objectStore.endpoint must be an https URL where strict is true, got http://s3.example.com',
  },
  {
    configuration: 'A bucket name that S3 refuses',
    changes: { 'objectStore.bucket': 'Events_Bucket' },
    message: 'objectStore.bucket: must be a bucket name of 3 to 63 of a-z, 0-9, . and -, got "Events_Bucket"',
  },
  {
    configuration: 'A search cluster’s password in its URL (not repeated)',
    changes: { 'logging.search.endpoint': 'https://elastic:changeme@search.example.com' },
    message:
      'logging.search.endpoint: must be a URL without credentials: they belong in a Secret, got "https://…@search.example.com"',
  },
  {
    configuration: 'A wildcard as the edge’s host',
    changes: { 'edge.host': '*.example.com' },
    message:
      'edge.host: must be a full host name in lower case without wildcard, such as collect.example.com, got "*.example.com"',
  },
  {
    configuration: 'An edge without host',
    changes: { 'edge.host': '' },
    message:
      'edge.host: must be a full host name in lower case without wildcard, such as collect.example.com, got ""',
  },
  {
    configuration: 'An edge without certificate',
    changes: { 'edge.tlsSecret': undefined },
    message: 'edge.tlsSecret: must be text, got nothing',
  },
  {
    configuration: 'A namespace over RFC 1123',
    changes: { 'namespaces.pipeline': 'Head_Water' },
    message:
      'namespaces.pipeline: must be a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end, got "Head_Water"',
  },
  {
    configuration: 'A namespace of more than 63 characters',
    changes: { 'namespaces.pipeline': 'a'.repeat(64) },
    message: `namespaces.pipeline: must be a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end, got "${'a'.repeat(64)}"`,
  },
  {
    configuration: 'The namespace default',
    changes: { 'namespaces.pipeline': 'default' },
    message: 'namespaces.pipeline: must be a namespace of its own, neither default nor kube-*, got "default"',
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
    configuration: 'More consumers than partitions',
    changes: { 'consumer.replicas.max': 13 },
    message:
      'consumer: replicas.max must be at most the partitions of events (12), got 13: a partition has one reader, and every further pod would be idle',
  },
  {
    configuration: 'A session timeout that the brokers refuse',
    changes: { 'consumer.sessionTimeout': '1s' },
    message: 'consumer.sessionTimeout: must be from 6s to 30m, what the brokers take, got "1s"',
  },
  {
    configuration: 'An autoscaler whose bounds cross',
    changes: { 'producer.replicas': { min: 5, max: 2 } },
    message: 'producer: replicas.max must be a whole number of at least 5, got 2',
  },
  {
    configuration: 'A log buffer above its volume',
    environment: 'staging',
    changes: { 'logging.buffer.chunk': '64Mi' },
    message:
      'fluentd: buffer.chunks must be at most buffer.volume ÷ buffer.chunk (4096 MiB ÷ 64 MiB), got 256: the buffer would fill the disk of its node before it stops reading',
  },
  {
    configuration: 'Consumer threads that do not divide a lane',
    changes: {
      'logging.collector': 'filebeat',
      'logging.kafkaBuffer': logBuffer,
      'logging.kafkaBuffer.lanes.high.replicas': 4,
    },
    message:
      "log-indexer-high: replicas must be a divisor of the lane's partitions (6), got 4: consumer threads are partitions ÷ replicas, and a thread without a partition of its own would be idle",
  },
  {
    configuration: 'A log buffer in Kafka with a collector that cannot write to it',
    changes: { 'logging.kafkaBuffer': logBuffer },
    message:
      "environment: logging.collector must be filebeat where logging.kafkaBuffer is set, got fluentd: Fluentd's image for a search cluster has no output for Kafka",
  },
  {
    configuration: 'A search cluster without TLS where strict',
    changes: { 'logging.search.endpoint': 'http://search.example.com' },
    message:
      'environment: logging.search.endpoint must be an https URL where strict is true, got http://search.example.com',
  },
  {
    configuration: 'A product that the collector refuses',
    environment: 'staging',
    changes: { 'logging.collector': 'filebeat', 'logging.search.product': 'opensearch' },
    message:
      'filebeat: search.product must be elasticsearch, got opensearch: Filebeat after 7.12 refuses OpenSearch, Fluentd and Logstash have plugins for it',
  },
  {
    configuration: 'An address that is no block',
    changes: { 'network.apiServerCidrs': ['10.0.0.0'] },
    message:
      'network.apiServerCidrs.0: must be an IPv4 block in CIDR notation, such as 10.0.0.0/16, got "10.0.0.0"',
  },
  {
    configuration: 'Plain text to Kafka where strict',
    changes: { 'kafka.security': { protocol: 'plaintext' } },
    message: 'environment: kafka.security.protocol must be tls where strict is true, got plaintext',
  },
  {
    configuration: 'One broker where strict',
    changes: { 'kafka.brokers': 1 },
    message:
      'environment: kafka.brokers must be at least 3 where strict is true, got 1: the loss of one disk would lose events',
  },
  {
    configuration: 'One ZooKeeper server where strict',
    changes: { 'kafka.metadata.ensemble.servers': 1 },
    message:
      'environment: kafka.metadata.ensemble.servers must be at least 3 where strict is true, got 1: the loss of one disk would lose the metadata of every topic',
  },
  {
    configuration: 'One replica where strict',
    changes: { 'topics.events.replicationFactor': 1, 'topics.events.minInSyncReplicas': 1 },
    message:
      'topic events: replicationFactor must be at least 2 where strict is true, got 1: the loss of one disk would lose events',
  },
  {
    configuration: 'A registry with a tag',
    changes: { images: { registry: 'registry.example.com/headwater:1' } },
    message:
      'images.registry: must be a host and a path without tag, such as registry.example.com/headwater, got "registry.example.com/headwater:1"',
  },
  {
    configuration: 'Repositories in ECR, and images from elsewhere',
    changes: { 'aws.repositories': true },
    message:
      'environment: images.registry must be below 123456789012.dkr.ecr.eu-central-1.amazonaws.com where aws.repositories is true, got nothing: pods would pull from another place than the one that is made',
  },
];
