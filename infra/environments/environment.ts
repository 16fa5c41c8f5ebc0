import { z } from 'zod';
import { aws } from './aws.ts';
import { consumer, edge, kafkaUi, objectStore, producer, restBridge } from './collection.ts';
import { logging } from './logging.ts';
import { kafka, topics } from './messaging.ts';
import { className, dnsLabel, labelKey, labelValue, namespace } from './names.ts';
import { network } from './network.ts';

/** Each has policies, bounds and a Pod Security level of its own. */
const namespaces = z
  .strictObject({ pipeline: namespace, logging: namespace, ingress: namespace })
  .refine((names) => new Set(Object.values(names)).size === 3, {
    error: 'three different names: each has a Pod Security level of its own',
  });

/** Whose pods a full node lets go of first. A class belongs to the whole cluster. */
const priority = z.discriminatedUnion('kind', [
  /** The pods are put off like anybody's. */
  z.strictObject({ kind: z.literal('none') }),
  /** Two classes of our own are made. */
  z.strictObject({ kind: z.literal('made') }),
  /** Classes that the cluster has, where it does not let everybody make one. */
  z.strictObject({ kind: z.literal('existing'), state: className, collectors: className }),
]);

/** Upper bounds of one namespace; pods that would pass them are refused by the API server. */
const quota = z.strictObject({
  cpuMillicores: z.int().min(100),
  memoryGi: z.int().min(1),
  pods: z.int().min(1),
});

/** Whether the Prometheus operator's kinds are in the cluster: monitors and alerts are made for it. */
const monitoring = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('prometheus-operator'),
    /**
     * Labels of every PodMonitor and PrometheusRule, by which a Prometheus selects them; the chart kube-prometheus-stack
     * selects `release`, the name under which it was installed. @default { release: 'kube-prometheus-stack' }
     */
    labels: z.record(labelKey, labelValue).optional(),
    /**
     * Address below which `docs/runbooks` of the project can be read, such as a code host's: each alert links to its section
     * there by `runbook_url`. @default alerts without a link
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

/** Our own images; those of others come from where their makers publish them. */
const images = z.strictObject({
  /** Host and path that our own images are pushed to and pulled from. */
  registry: z
    .string()
    .regex(
      /^[a-z0-9-]+([.][a-z0-9-]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
      'a host and a path without tag, such as registry.example.com/headwater',
    ),
});

/**
 * Everything by which one deployment of the platform differs from another: one value, complete in itself, nothing
 * merged into it. Sizes are Kubernetes quantities (`20Gi`), times carry their unit (`30s`). No secret stands here, only
 * the names of Secrets.
 */
export const environment = z.strictObject({
  /** The directory of its manifests, and the stack that deploys it, are called the same. */
  name: dnsLabel,
  /** Refuses what only a throw-away environment may do: plain HTTP, plain text to Kafka, one replica of what holds state. */
  strict: z.boolean(),
  /** DNS suffix of the cluster. */
  clusterDomain: z.string().min(1),
  namespaces,
  /** The bounds of `logging` follow from `logging.maxNodes`. */
  quotas: z.strictObject({ pipeline: quota, ingress: quota }),
  /** @default ghcr.io/headwater */
  images: images.optional(),
  /** Class of every claim. @default the cluster's default class */
  storageClassName: z.string().min(1).optional(),
  /** Whether replicas that hold state must, or only should, lie on different nodes and zones; those without state only should. */
  spread: z.enum(['required', 'preferred']),
  /** Of brokers, what keeps their metadata, and the collectors of logs. @default made */
  priority: priority.optional(),
  kafka,
  topics,
  /** Topic of the events that the producer takes and the consumer stores; one of `topics`. */
  eventsTopic: z.string(),
  /** Topics to delete, data and all. */
  deletedTopics: z.array(z.string()),
  producer,
  consumer,
  objectStore,
  edge,
  restBridge: restBridge.optional(),
  kafkaUi: kafkaUi.optional(),
  logging,
  network,
  monitoring,
  /** @default nothing of AWS is made, nor is it asked for anything */
  aws: aws.optional(),
});
export type Environment = z.infer<typeof environment>;
