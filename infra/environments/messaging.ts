import { z } from 'zod';
import { annotations, dnsLabel, hostName, secretName } from './names.ts';
import { period, byteLimit, quantity } from './quantities.ts';

/** Resources of one pod: what it asks for, and the memory that it may not pass. */
export const podResources = z.strictObject({
  /** CPU asked for, in thousandths of a core. No limit is set: throttling a broker helps nobody. */
  cpuMillicores: z.int().min(10),
  /** Memory asked for and allowed, one number: a pod that was promised less is the first to be killed. */
  memory: quantity,
});

export const zookeeperEnsemble = z.strictObject({
  /** Servers of the ensemble. An even number tolerates no more failures than the odd number below it. */
  servers: z.literal([1, 3, 5], { error: '1, 3 or 5: an even ensemble adds a server and no tolerance' }),
  dataVolume: quantity,
  transactionLogVolume: quantity,
  resources: podResources,
  /** @default half of the memory */
  heap: quantity.optional(),
});

/** How long a broker may be silent before it is fenced. @default Kafka's own: 18 s with ZooKeeper, 9 s with KRaft */
const sessionTimeout = period.optional();

/**
 * Where the cluster keeps its metadata. A new cluster should begin with `kraft`: 3.9 is the last line of Kafka with
 * ZooKeeper, and no change of this property leads an existing cluster from one to the other.
 */
export const kafkaMetadata = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('zookeeper'),
    version: z.literal('3.9.2', {
      error: '3.9.2, the last line with ZooKeeper: Kafka 4.0 removed it, use mode kraft',
    }),
    ensemble: zookeeperEnsemble,
    sessionTimeout,
  }),
  z.strictObject({
    mode: z.literal('kraft'),
    version: z.literal('4.4.0', { error: '4.4.0: KRaft is run on the 4.x line only' }),
    /** `combined`: the brokers are the controllers too. Else nodes of their own. */
    controllers: z.discriminatedUnion('placement', [
      z.strictObject({ placement: z.literal('combined') }),
      z.strictObject({
        placement: z.literal('separate'),
        replicas: z.literal([1, 3, 5], { error: '1, 3 or 5: an even quorum adds a node and no tolerance' }),
        volume: quantity,
        resources: podResources,
        /** @default half of the memory */
        heap: quantity.optional(),
      }),
    ]),
    /** Made once, and never changed: it is the cluster's identity. */
    clusterId: z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{22}$/,
        '22 characters of base64url, from node -p "crypto.randomBytes(16).toString(\'base64url\')"',
      ),
    sessionTimeout,
  }),
]);

/** How clients outside the cluster reach the brokers; `none` leaves them the HTTP route only. */
export const kafkaExposure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('node-port'),
    /** Name that clients call, by the broker's id: of the node where that broker runs, and no other. external-dns keeps it so. */
    hosts: z.array(hostName).min(1),
    /** Port of the bootstrap Service; broker n has this plus 1 plus n. */
    firstNodePort: z.int().min(30_000).max(32_767),
  }),
  z.strictObject({
    kind: z.literal('load-balancer'),
    /** Name of each broker's load balancer in DNS, by the broker's id. */
    hosts: z.array(hostName).min(1),
    bootstrapHost: hostName,
    /** Annotations of each Service, by which a cloud is told what kind of balancer to make. @default none */
    annotations: annotations.optional(),
  }),
]);

/** What protects the brokers' listeners. */
export const kafkaSecurity = z.discriminatedUnion('protocol', [
  z.strictObject({ protocol: z.literal('plaintext') }),
  z.strictObject({
    protocol: z.literal('tls'),
    /** Secret with `tls.crt`, `tls.key` (PKCS #8) and `ca.crt`, as cert-manager writes it. */
    certificateSecret: secretName,
    /** ClusterIssuer of cert-manager that makes the Secret. @default it is made outside the manifests */
    clusterIssuer: dnsLabel.optional(),
    /** Clients' login. With `scram-sha-512` each is a user of its own name, made by a Job. */
    authentication: z.discriminatedUnion('mechanism', [
      z.strictObject({ mechanism: z.literal('none') }),
      z.strictObject({
        mechanism: z.literal('scram-sha-512'),
        /** Secrets with the key `password`, by user. */
        users: z.strictObject({
          producer: secretName,
          consumer: secretName,
          topics: secretName,
          /** Shippers and indexers of the log buffer. */
          logs: secretName.optional(),
          /** REST bridge and UI. */
          tools: secretName.optional(),
        }),
      }),
    ]),
  }),
]);

export const kafka = z.strictObject({
  metadata: kafkaMetadata,
  brokers: z.int().min(1).max(99),
  resources: podResources,
  /** @default half of the memory */
  heap: quantity.optional(),
  logVolume: quantity,
  /** Largest batch a broker takes, compressed as it arrives: it bounds batches, not single records. */
  maxMessage: byteLimit,
  security: kafkaSecurity,
  exposure: kafkaExposure,
  /** Where a broker learns its zone for `broker.rack`; `pod-label` needs Kubernetes 1.35 and no rights at all. */
  rack: z.enum(['none', 'pod-label']),
});

export const topic = z.strictObject({
  partitions: z.int().min(1).max(10_000),
  replicationFactor: z.int().min(1),
  minInSyncReplicas: z.int().min(1),
  cleanup: z.enum(['delete', 'compact', 'compact,delete']),
  retention: period,
  /** Bytes kept of each partition before the oldest segment goes. */
  retentionPerPartition: byteLimit,
  segment: byteLimit,
});
export type TopicDeclaration = z.infer<typeof topic>;

/** Topics by name. One that is no longer listed stays: deleting is said explicitly, under `deletedTopics`. */
export const topics = z.record(
  z
    .string()
    .regex(/^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/, 'a topic name of at most 249 of a-z, A-Z, 0-9, ., _ and -'),
  topic,
);
