import { z } from 'zod';
import { podResources } from './messaging.ts';
import { endpointUrl, secretName } from './names.ts';
import { period, byteLimit, quantity } from './quantities.ts';

/** Elasticsearch or OpenSearch outside the cluster. */
export const search = z.strictObject({
  product: z.enum(['elasticsearch', 'opensearch']),
  endpoint: endpointUrl,
  /** Secret with `username` and `password`. */
  credentialsSecret: secretName,
  /** Secret with `ca.crt`, where the endpoint's certificate is not signed by a public authority. */
  caSecret: secretName.optional(),
  /** Indices are `<prefix>-<yyyy.mm.dd>`. */
  indexPrefix: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a lower-case index prefix of a-z, 0-9 and -'),
});

/** The collector's buffer on its node's disk: what it may hold while the search cluster is away. */
const nodeBuffer = z.strictObject({
  chunk: byteLimit,
  chunks: z.int().min(2),
  volume: quantity,
  flushInterval: period,
});

const lane = z.strictObject({
  partitions: z.int().min(1),
  /** Indexer pods of the lane; its consumer threads are partitions ÷ replicas. */
  replicas: z.int().min(1),
});

/** Logs by way of Kafka: shippers write to topics by urgency, indexers read them. */
export const logBuffer = z.strictObject({
  indexer: z.enum(['logstash', 'filebeat']),
  codec: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('json') }),
    z.strictObject({ kind: z.literal('plain') }),
    z.strictObject({ kind: z.literal('avro'), schemaRegistry: endpointUrl }),
  ]),
  lanes: z.strictObject({ high: lane, medium: lane, low: lane, burst: lane }),
  /** Lines per second from one source, above which its lines go to the burst lane. */
  quotaLinesPerSecond: z.int().min(1),
  replicationFactor: z.int().min(1),
  minInSyncReplicas: z.int().min(1),
  retention: period,
  retentionPerPartition: byteLimit,
  segment: byteLimit,
  /** Indexer's own queue on disk. */
  queueVolume: quantity,
  resources: podResources,
});

export const logging = z.strictObject({
  collector: z.enum(['fluentd', 'filebeat']),
  resources: podResources,
  search,
  buffer: nodeBuffer,
  /** Reads journald too, not only the pods' files. */
  readsJournald: z.boolean(),
  kafkaBuffer: logBuffer.optional(),
});
