import { z } from 'zod';
import { aws } from './aws.ts';
import { consumer, edge, kafkaUi, objectStore, producer, restBridge } from './collection.ts';
import { distinct } from './distinct.ts';
import { logging } from './logging.ts';
import { kafka, topics } from './messaging.ts';
import { className, dnsLabel, labelKey, labelValue, namespace } from './names.ts';
import { network } from './network.ts';
import { sources } from './sources.ts';

/** Each namespace has its own network policies, quotas and Pod Security level. */
const namespaces = z
  .strictObject({ pipeline: namespace, logging: namespace, ingress: namespace })
  .refine((names) => new Set(Object.values(names)).size === 3, {
    error: 'three different names: each has its own Pod Security level',
  });

/** Which pods a full node evicts first. Priority classes are cluster-wide. */
const priority = z.discriminatedUnion('kind', [
  /** No priority class: the pods have the cluster's default priority. */
  z.strictObject({ kind: z.literal('none') }),
  /** Creates two classes. */
  z.strictObject({ kind: z.literal('made') }),
  /** Existing classes, for a cluster in which not everyone may create one. */
  z.strictObject({ kind: z.literal('existing'), state: className, collectors: className }),
]);

/** Quota of one namespace; the API server rejects pods above it. */
const quota = z.strictObject({
  cpuMillicores: z.int().min(100),
  memoryGi: z.int().min(1),
  pods: z.int().min(1),
});

/** Creates monitors and alerts; needs the kinds of the Prometheus operator. */
const monitoring = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('prometheus-operator'),
    /**
     * Labels of every PodMonitor and PrometheusRule, by which a Prometheus selects them. The chart
     * kube-prometheus-stack selects `release`, the name under which it was installed. @default { release:
     * 'kube-prometheus-stack' }
     */
    labels: z.record(labelKey, labelValue).optional(),
    /**
     * Base address of the project's `docs/runbooks`, such as a code host's. The `runbook_url` of each alert links to
     * its section there. @default alerts without a link
     */
    runbooks: z
      .string()
      .regex(
        /^https:\/\/[^\s/?#]+(\/[^\s/?#]+)*$/,
        'an address that begins with https:// and does not end in a slash',
      )
      .optional(),
  }),
]);

/** Our own images; third-party images come from their publishers. */
const images = z.strictObject({
  /** Host and path of the registry for our own images. */
  registry: z
    .string()
    .regex(
      /^[a-z0-9-]+([.][a-z0-9-]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
      'a host and a path without tag, such as registry.example.com/headwater',
    ),
});

/**
 * All differences between deployments of the platform: one complete value without merging. Sizes are Kubernetes
 * quantities (`20Gi`), times have a unit (`30s`). It has no secrets, only names of Secrets.
 */
export const environment = z.strictObject({
  /** Also the name of the directory of its manifests, and of the stack that deploys it. */
  name: dnsLabel,
  /** Refuses settings for throw-away environments only: plain HTTP, plain text to Kafka, one replica with state. */
  strict: z.boolean(),
  /** DNS suffix of the cluster. */
  clusterDomain: z.string().min(1),
  namespaces,
  /** The quota of `logging` follows from `logging.maxNodes`. */
  quotas: z.strictObject({ pipeline: quota, ingress: quota }),
  /** @default ghcr.io/headwater */
  images: images.optional(),
  /** Class of every claim. @default the cluster's default class */
  storageClassName: z.string().min(1).optional(),
  /**
   * Whether replicas with state must run on different nodes and zones, or only should; for stateless ones it is always
   * a preference.
   */
  spread: z.enum(['required', 'preferred']),
  /** Priority of brokers, of ZooKeeper or controllers, and of log collectors. @default classes are created */
  priority: priority.optional(),
  kafka,
  topics,
  /** Topic to which the producer writes events and from which the consumer stores them; one of `topics`. */
  eventsTopic: z.string(),
  /** Topics to delete with their records. */
  deletedTopics: distinct(z.string()),
  producer,
  sources,
  consumer,
  objectStore,
  edge,
  restBridge: restBridge.optional(),
  kafkaUi: kafkaUi.optional(),
  logging,
  network,
  monitoring,
  /** @default no AWS resources, and no calls to AWS */
  aws: aws.optional(),
});
export type Environment = z.infer<typeof environment>;
