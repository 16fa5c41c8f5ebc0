import { z } from 'zod';
import { podResources } from './messaging.ts';
import { endpointUrl, secretName } from './names.ts';
import { byteLimit, period, quantity, toMs } from './quantities.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Elasticsearch or OpenSearch outside the cluster. */
export const search = z.strictObject({
  product: z.enum(['elasticsearch', 'opensearch']),
  endpoint: endpointUrl,
  /** Secret with `username` and `password`. */
  credentialsSecret: secretName,
  /** Secret with `ca.crt`, if no public authority signs the endpoint's certificate. */
  caSecret: secretName.optional(),
  /** Indices are `<prefix>-<yyyy.mm.dd>`. */
  indexPrefix: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a lower-case index prefix of a-z, 0-9 and -'),
});

/** The collector's buffer on its node's disk, for times when the search cluster is down. */
const nodeBuffer = z.strictObject({
  volume: quantity,
  flushInterval: period,
});

const lane = z.strictObject({
  partitions: z.int().min(1),
  /** Indexer pods of the lane; its consumer threads are partitions ÷ replicas. */
  replicas: z.int().min(1),
});

const lanes = {
  lanes: z.strictObject({ high: lane, medium: lane, low: lane, burst: lane }),
  /** Lines per second of one source; lines above it go to the burst lane. */
  quotaLinesPerSecond: z.int().min(1),
  replicationFactor: z.int().min(1),
  minInSyncReplicas: z.int().min(1),
  retention: period,
  retentionPerPartition: byteLimit,
  segment: byteLimit,
  resources: podResources,
};

/** Logs through Kafka: shippers write to topics by urgency, indexers read them. */
export const logBuffer = z.discriminatedUnion('indexer', [
  z.strictObject({ indexer: z.literal('filebeat'), ...lanes }),
  z.strictObject({
    indexer: z.literal('logstash'),
    ...lanes,
    /** `plain` is the line alone, without metadata. */
    codec: z.enum(['json', 'plain']),
    /** The indexer's own queue on disk. */
    queueVolume: quantity,
  }),
]);
export type LogBuffer = z.infer<typeof logBuffer>;

const shared = {
  resources: podResources,
  /** Largest number of nodes: the namespace's quota follows from it, and a node above it gets no collector. */
  maxNodes: z.int().min(1),
  search,
  /** Age at which a day's index is deleted, such as 30d. */
  retention: period.refine((text) => toMs(text) >= DAY_MS, {
    error: 'at least 1d: an index holds one day, and would be deleted while it is written',
  }),
};

export const logging = z.discriminatedUnion('collector', [
  z.strictObject({
    collector: z.literal('fluentd'),
    ...shared,
    buffer: nodeBuffer,
    /** Reads journald as well as the pods' files. */
    readsJournald: z.boolean(),
  }),
  z.strictObject({ collector: z.literal('filebeat'), ...shared, kafkaBuffer: logBuffer.optional() }),
]);
export type Logging = z.infer<typeof logging>;

/** The buffer in Kafka, to which only Filebeat can write. */
export function logBufferOf(settings: Logging): LogBuffer | undefined {
  return settings.collector === 'filebeat' ? settings.kafkaBuffer : undefined;
}
