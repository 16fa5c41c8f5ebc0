import type { Consequence } from '../../../infra/diff/consequences.ts';
import type { Environment } from '../../../infra/environments/environment.ts';

/** Something that people do to this repository, and what it does to the platform. */
export interface RealChange {
  readonly what: string;
  readonly environment: Environment['name'];
  /** Where it is done: paths in the environment, or a file with a text in it and what replaces the text. */
  readonly edit:
    | { readonly values: Readonly<Record<string, unknown>> }
    | { readonly file: string; readonly from: string; readonly to: string };
  readonly consequence: Consequence;
  /** The change of the report that shows it. */
  readonly object: string;
  readonly path: string;
}

const SET = 'StatefulSet headwater/kafka';
const TOPICS = 'Job headwater/kafka-topics';
const EVENTS = 'spec.template.spec.containers[topics].env[TOPICS].value[events]';
const CLAIM = 'spec.volumeClaimTemplates[data].spec';

/** At least three for each consequence; `docs/preview.md` has them as a table. */
export const realChanges: readonly RealChange[] = [
  {
    what: "shrinks the brokers' volumes",
    environment: 'production',
    edit: { values: { 'kafka.logVolume': '150Gi' } },
    consequence: 'data-at-risk',
    object: SET,
    path: `${CLAIM}.resources.requests.storage`,
  },
  {
    what: 'moves to another storage class',
    environment: 'production',
    edit: { values: { storageClassName: 'io2' } },
    consequence: 'data-at-risk',
    object: SET,
    path: `${CLAIM}.storageClassName`,
  },
  {
    what: "shrinks ZooKeeper's volumes",
    environment: 'production',
    edit: { values: { 'kafka.metadata.ensemble.dataVolume': '5Gi' } },
    consequence: 'data-at-risk',
    object: 'StatefulSet headwater/zookeeper',
    path: `${CLAIM}.resources.requests.storage`,
  },
  {
    what: 'takes servers from the ensemble',
    environment: 'lab',
    edit: { values: { 'kafka.metadata.ensemble.servers': 1 } },
    consequence: 'data-at-risk',
    object: 'StatefulSet headwater/zookeeper',
    path: 'spec.replicas',
  },
  {
    what: "lowers a topic's retention",
    environment: 'production',
    edit: { values: { 'topics.events.retention': '3d' } },
    consequence: 'data-deleted-sooner',
    object: TOPICS,
    path: `${EVENTS}.configs.retention.ms`,
  },
  {
    what: 'lowers the bytes kept of a partition',
    environment: 'production',
    edit: { values: { 'topics.events.retentionPerPartition': '4Gi' } },
    consequence: 'data-deleted-sooner',
    object: TOPICS,
    path: `${EVENTS}.configs.retention.bytes`,
  },
  {
    what: 'compacts a topic',
    environment: 'production',
    edit: { values: { 'topics.events.cleanup': 'compact,delete' } },
    consequence: 'data-deleted-sooner',
    object: TOPICS,
    path: `${EVENTS}.configs.cleanup.policy`,
  },
  {
    what: 'lets stored objects expire sooner',
    environment: 'production',
    edit: { values: { 'objectStore.expiryDays': 60 } },
    consequence: 'data-deleted-sooner',
    object: 'Bucket headwater-production-events',
    path: 'spec.expiryDays',
  },
  {
    what: 'deletes a topic',
    environment: 'production',
    edit: { values: { deletedTopics: ['clicks'] } },
    consequence: 'data-deleted-sooner',
    object: TOPICS,
    path: EVENTS.replace('[events]', '[clicks]'),
  },
  {
    what: 'serves another host',
    environment: 'production',
    edit: { values: { 'edge.host': 'events.example.com' } },
    consequence: 'exposure',
    object: 'Gateway headwater/collect',
    path: 'spec.listeners[https].hostname',
  },
  {
    what: 'gives the edge a load balancer',
    environment: 'dev',
    edit: { values: { 'edge.controller.service': 'LoadBalancer' } },
    consequence: 'exposure',
    object: 'Service ingress-nginx/ingress-nginx-controller',
    path: 'spec.type',
  },
  {
    what: 'lets pods call more addresses',
    environment: 'production',
    edit: { values: { 'network.searchCidrs': ['10.1.0.0/16', '10.3.0.0/16'] } },
    consequence: 'exposure',
    object: 'NetworkPolicy headwater-logging/fluentd-logging',
    path: 'spec.egress',
  },
  {
    what: 'opens the brokers on node ports',
    environment: 'production',
    edit: {
      values: {
        'kafka.exposure': {
          kind: 'node-port',
          hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
          firstNodePort: 31_000,
        },
        'network.kafkaClientCidrs': ['10.9.0.0/16'],
      },
    },
    consequence: 'exposure',
    object: 'Service headwater/kafka-external-0',
    path: '',
  },
  {
    what: 'runs its own edge no longer',
    environment: 'dev',
    edit: { values: { 'edge.controller': undefined } },
    consequence: 'rights',
    object: 'ClusterRole ingress-nginx-controller',
    path: '',
  },
  {
    what: 'lets processes write to the root of their file system',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/restricted-pod.ts',
      from: 'readOnlyRootFilesystem: true',
      to: 'readOnlyRootFilesystem: false',
    },
    consequence: 'rights',
    object: 'Deployment headwater/producer',
    path: 'spec.template.spec.containers[producer].securityContext.readOnlyRootFilesystem',
  },
  {
    what: 'lets namespaces run what the profile refuses',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/secure-namespace.ts',
      from: "'pod-security.kubernetes.io/enforce': podSecurity",
      to: "'pod-security.kubernetes.io/enforce': 'privileged'",
    },
    consequence: 'rights',
    object: 'Namespace headwater',
    path: 'metadata.labels.pod-security.kubernetes.io/enforce',
  },
  {
    what: 'logs the topics Job in with another Secret',
    environment: 'production',
    edit: { values: { 'kafka.security.authentication.users.topics': 'kafka-topics-v2' } },
    consequence: 'recreated',
    object: TOPICS,
    path: 'spec.template.spec.volumes[kafka-topics-v2]',
  },
  {
    what: 'gives the topics Job more time',
    environment: 'dev',
    edit: { file: 'infra/constructs/topics.ts', from: 'Duration.minutes(30)', to: 'Duration.minutes(20)' },
    consequence: 'recreated',
    object: TOPICS,
    path: 'spec.activeDeadlineSeconds',
  },
  {
    what: "signs the webhook's certificate by cert-manager",
    environment: 'dev',
    edit: { values: { 'edge.controller.webhookCertificate': 'cert-manager' } },
    consequence: 'recreated',
    object: 'Job ingress-nginx/ingress-nginx-admission-create',
    path: '',
  },
  {
    what: 'runs another producer',
    environment: 'dev',
    edit: { file: 'infra/images.lock.json', from: '"producer": "', to: '"producer": "0' },
    consequence: 'version',
    object: 'Deployment headwater/producer',
    path: 'spec.template.spec.containers[producer].image',
  },
  {
    what: 'runs another Kafka',
    environment: 'dev',
    edit: { file: 'infra/images.lock.json', from: '"kafka:3.9.2": "', to: '"kafka:3.9.2": "0' },
    consequence: 'version',
    object: SET,
    path: 'spec.template.spec.containers[broker].image',
  },
  {
    what: 'runs an older Fluentd',
    environment: 'dev',
    edit: {
      file: 'infra/images.lock.json',
      from: ':v1.19.3-debian-elasticsearch8',
      to: ':v1.18.0-debian-elasticsearch8',
    },
    consequence: 'version',
    object: 'DaemonSet headwater-logging/fluentd',
    path: 'spec.template.spec.containers[fluentd].image',
  },
  {
    what: 'splits a topic further',
    environment: 'production',
    edit: { values: { 'topics.events.partitions': 15 } },
    consequence: 'capacity',
    object: TOPICS,
    path: `${EVENTS}.partitions`,
  },
  {
    what: "grows the brokers' volumes",
    environment: 'production',
    edit: { values: { 'kafka.logVolume': '300Gi' } },
    consequence: 'capacity',
    object: SET,
    path: `${CLAIM}.resources.requests.storage`,
  },
  {
    what: 'lets more producers run',
    environment: 'production',
    edit: { values: { 'producer.replicas.max': 20 } },
    consequence: 'capacity',
    object: 'HorizontalPodAutoscaler headwater/producer',
    path: 'spec.maxReplicas',
  },
  {
    what: 'gives brokers more CPU',
    environment: 'production',
    edit: { values: { 'kafka.resources.cpuMillicores': 2500 } },
    consequence: 'capacity',
    object: SET,
    path: 'spec.template.spec.containers[broker].resources.requests.cpu',
  },
  {
    what: "shortens ZooKeeper's sessions",
    environment: 'production',
    edit: { values: { 'kafka.metadata.sessionTimeout': '12s' } },
    consequence: 'rolling-restart',
    object: 'ConfigMap headwater/kafka-config',
    path: 'data[server.properties].zookeeper.session.timeout.ms',
  },
  {
    what: 'lets the producer wait longer for a batch',
    environment: 'production',
    edit: { values: { 'producer.linger': '10ms' } },
    consequence: 'rolling-restart',
    object: 'Deployment headwater/producer',
    path: 'spec.template.spec.containers[producer].env[LINGER_MS].value',
  },
  {
    what: 'flushes logs less often',
    environment: 'dev',
    edit: { values: { 'logging.buffer.flushInterval': '5s' } },
    consequence: 'rolling-restart',
    object: 'ConfigMap headwater-logging/fluentd',
    path: 'flush_interval',
  },
  {
    what: "raises a topic's retention",
    environment: 'production',
    edit: { values: { 'topics.events.retention': '10d' } },
    consequence: 'applied-in-place',
    object: TOPICS,
    path: `${EVENTS}.configs.retention.ms`,
  },
  {
    what: "makes a topic's segments smaller",
    environment: 'production',
    edit: { values: { 'topics.events.segment': '256Mi' } },
    consequence: 'applied-in-place',
    object: TOPICS,
    path: `${EVENTS}.configs.segment.bytes`,
  },
  {
    what: 'is no longer watched',
    environment: 'production',
    edit: { values: { monitoring: 'none' } },
    consequence: 'applied-in-place',
    object: 'PrometheusRule headwater/headwater',
    path: '',
  },
  {
    what: 'labels namespaces for people',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/secure-namespace.ts',
      from: "const labels = { 'app.kubernetes.io/part-of': 'headwater' }",
      to: "const labels = { 'app.kubernetes.io/part-of': 'headwater', team: 'data' }",
    },
    consequence: 'nothing',
    object: 'Namespace headwater',
    path: 'metadata.labels.team',
  },
  {
    what: 'annotates the quota',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/secure-namespace.ts',
      from: "metadata: { name: 'sum',",
      to: "metadata: { annotations: { contact: 'data' }, name: 'sum',",
    },
    consequence: 'nothing',
    object: 'ResourceQuota headwater/sum',
    path: 'metadata.annotations',
  },
  {
    what: 'labels the budgets of disruptions',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/disruption-budget.ts',
      from: 'labels: objectLabels(identity) }',
      to: "labels: { ...objectLabels(identity), team: 'data' } }",
    },
    consequence: 'nothing',
    object: 'PodDisruptionBudget headwater/producer',
    path: 'metadata.labels.team',
  },
];
