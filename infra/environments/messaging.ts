import { z } from 'zod';
import { annotations, dnsLabel, hostName, secretName } from './names.ts';
import { period, byteLimit, quantity } from './quantities.ts';

/** Resources of one pod: requests, and the memory limit. */
export const podResources = z.strictObject({
  /** CPU request in millicores. There is no limit, since throttling a broker slows every client. */
  cpuMillicores: z.int().min(10),
  /** Memory request and limit. They are equal, since the kernel kills pods above their request first. */
  memory: quantity,
});

export const zookeeperEnsemble = z.strictObject({
  /** Number of servers. An even number tolerates no more failures than the odd number below it. */
  servers: z.literal([1, 3, 5], { error: '1, 3 or 5: an even ensemble adds a server and no tolerance' }),
  dataVolume: quantity,
  transactionLogVolume: quantity,
  resources: podResources,
  /** @default half of the memory */
  heap: quantity.optional(),
});

/** Session timeout after which a broker is fenced. @default Kafka's own: 18 s with ZooKeeper, 9 s with KRaft */
const sessionTimeout = period.optional();

/**
 * Where the cluster keeps its metadata. Use `kraft` for a new cluster: 3.9 is the last Kafka line with ZooKeeper, and a
 * change of this property does not migrate an existing cluster.
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
    version: z.literal('4.4.0', { error: '4.4.0: KRaft runs only on the 4.x line' }),
    /** `combined`: brokers are also controllers. Otherwise controllers have their own nodes. */
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
    /** Generated once and never changed: it is the cluster's identity. */
    clusterId: z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{22}$/,
        '22 characters of base64url, from node -p "crypto.randomBytes(16).toString(\'base64url\')"',
      ),
    sessionTimeout,
  }),
]);

/** Access for clients outside the cluster; with `none` they have the HTTP route only. */
export const kafkaExposure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('node-port'),
    /**
     * External host name of each broker, by its id; points to the node where that broker runs. external-dns updates it.
     */
    hosts: z.array(hostName).min(1),
    /** Port of the bootstrap Service; broker n has this port plus 1 plus n. */
    firstNodePort: z.int().min(30_000).max(32_767),
  }),
  z.strictObject({
    kind: z.literal('load-balancer'),
    /** Host name of each broker's load balancer, by the broker's id. */
    hosts: z.array(hostName).min(1),
    bootstrapHost: hostName,
    /** Annotations of each Service; a cloud chooses the kind of load balancer by them. @default none */
    annotations: annotations.optional(),
  }),
]);

/** Protection of the brokers' listeners. */
export const kafkaSecurity = z.discriminatedUnion('protocol', [
  z.strictObject({ protocol: z.literal('plaintext') }),
  z.strictObject({
    protocol: z.literal('tls'),
    /** Secret with `tls.crt`, `tls.key` (PKCS #8) and `ca.crt`, as cert-manager writes it. */
    certificateSecret: secretName,
    /** ClusterIssuer of cert-manager that creates the Secret. @default the Secret is created outside the manifests */
    clusterIssuer: dnsLabel.optional(),
    /** Login of clients. With `scram-sha-512` each client is a user of its own, created by a Job. */
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
  /** Largest batch that a broker accepts, compressed: it limits batches, not single records. */
  maxMessage: byteLimit,
  security: kafkaSecurity,
  exposure: kafkaExposure,
  /** Source of a broker's zone for `broker.rack`; `pod-label` needs Kubernetes 1.35 and no RBAC rights. */
  rack: z.enum(['none', 'pod-label']),
});

export const topic = z.strictObject({
  partitions: z.int().min(1).max(10_000),
  replicationFactor: z.int().min(1),
  minInSyncReplicas: z.int().min(1),
  cleanup: z.enum(['delete', 'compact', 'compact,delete']),
  retention: period,
  /** Retained bytes of each partition; above it Kafka deletes the oldest segment. */
  retentionPerPartition: byteLimit,
  segment: byteLimit,
});
export type TopicDeclaration = z.infer<typeof topic>;

/** Topics by name. A topic that is removed from the list stays; list it under `deletedTopics` to delete it. */
export const topics = z.record(
  z
    .string()
    .regex(/^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/, 'a topic name of at most 249 of a-z, A-Z, 0-9, ., _ and -'),
  topic,
);
