import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import type { Identity } from '../workloads/labels.ts';
import type { Mount } from '../workloads/mounts.ts';
import { requireInteger, requireThat } from '../workloads/requirements.ts';
import { RestrictedJob } from '../workloads/restricted-job.ts';

export const TOPICS: Identity = { name: 'kafka', component: 'topics' };

/** Brokers take long to start for the first time, and so does a roll in the same deployment. */
const DEADLINE = Duration.minutes(30);
/** How long one attempt waits for enough brokers before the next pod retries. */
const ATTEMPT = Duration.minutes(5);
/** Share of a broker's volume for retained segments; the rest is for segments being deleted, and for indices. */
export const USABLE_PERCENT = 85;

/** Properties of one topic. */
export interface Topic {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInSyncReplicas: number;
  readonly cleanup: 'delete' | 'compact' | 'compact,delete';
  readonly retention: Duration;
  /** Retained bytes of each partition; above it Kafka deletes the oldest segment. */
  readonly retentionPerPartition: Size;
  readonly segment: Size;
}

/** The cluster of the topics. */
export interface TopicsCluster {
  readonly brokers: number;
  readonly logVolume: Size;
}

export interface TopicsProps {
  readonly namespace: string;
  readonly image: string;
  readonly cluster: TopicsCluster;
  readonly topics: Readonly<Record<string, Topic>>;
  /** Environment of the program besides the topics: how it connects to the brokers. */
  readonly variables: Readonly<Record<string, string>>;
  /** Certificate and password that the variables name by path. @default - none */
  readonly mounts?: readonly Mount[];
  /** Topics to delete with their records. @default - none: a topic that is no longer declared stays */
  readonly deleted?: readonly string[];
  /** Values for dynamic cluster-wide settings, where the cluster has one. @default - none is checked */
  readonly clusterConfigs?: Readonly<Record<string, number>>;
}

/**
 * A Job that creates and alters the declared topics. It changes nothing if nothing differs, and ignores other topics.
 */
export class Topics extends Construct {
  constructor(scope: Construct, id: string, props: TopicsProps) {
    super(scope, id);
    const { namespace, image, cluster, topics, variables, mounts = [], deleted = [] } = props;
    const { clusterConfigs = {} } = props;

    for (const [name, topic] of Object.entries(topics)) requireTopicFits(this, name, topic, cluster.brokers);
    requireVolumeHolds(this, topics, cluster);
    for (const name of deleted) {
      requireThat(this, !(name in topics), {
        subject: 'topics',
        property: 'deleted',
        value: name,
        allowed: 'a topic that is not declared at the same time',
      });
    }

    new RestrictedJob(this, 'Job', {
      name: 'kafka-topics',
      namespace,
      identity: TOPICS,
      image,
      command: ['node', 'apps/topics/main.ts'],
      variables: {
        ...variables,
        DEADLINE_MS: String(ATTEMPT.toMilliseconds()),
        TOPICS: renderTopics(topics, deleted),
        ...(Object.keys(clusterConfigs).length > 0 && { CLUSTER_CONFIGS: JSON.stringify(clusterConfigs) }),
      },
      mounts,
      resources: { cpuMillicores: 50, memory: Size.mebibytes(256) },
      deadline: DEADLINE,
    });
  }
}

/** The topics as the program's input: a JSON list, with Kafka's names of the settings. */
export function renderTopics(
  topics: Readonly<Record<string, Topic>>,
  deleted: readonly string[] = [],
): string {
  const present = Object.entries(topics).map(([name, topic]) => ({
    name,
    partitions: topic.partitions,
    replicationFactor: topic.replicationFactor,
    configs: {
      'cleanup.policy': topic.cleanup,
      'min.insync.replicas': topic.minInSyncReplicas,
      'retention.bytes': topic.retentionPerPartition.toKibibytes() * 1024,
      'retention.ms': topic.retention.toMilliseconds(),
      'segment.bytes': topic.segment.toKibibytes() * 1024,
    },
  }));
  const absent = deleted.map((name) => ({ name, state: 'absent' }));
  return JSON.stringify([...present, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function requireTopicFits(scope: Construct, name: string, topic: Topic, brokers: number): void {
  const subject = `topic ${name}`;
  const { partitions, replicationFactor, minInSyncReplicas, retentionPerPartition, segment } = topic;
  requireInteger(scope, subject, 'partitions', partitions, { min: 1 });
  requireThat(scope, replicationFactor >= 1 && replicationFactor <= brokers, {
    subject,
    property: 'replicationFactor',
    value: replicationFactor,
    allowed: `at least 1 and at most brokers (${brokers})`,
    because: 'each replica needs its own broker',
  });
  requireThat(
    scope,
    replicationFactor === 1
      ? minInSyncReplicas === 1
      : minInSyncReplicas >= 1 && minInSyncReplicas < replicationFactor,
    {
      subject,
      property: 'minInSyncReplicas',
      value: minInSyncReplicas,
      allowed:
        replicationFactor === 1 ? '1 with one replica' : `below replicationFactor (${replicationFactor})`,
      because:
        minInSyncReplicas > replicationFactor
          ? 'no write would ever be acknowledged'
          : 'one broker down would stop every write',
    },
  );
  requireThat(scope, segment.toKibibytes() <= retentionPerPartition.toKibibytes(), {
    subject,
    property: 'segment',
    value: `${segment.toKibibytes()} KiB`,
    allowed: `at most retentionPerPartition (${retentionPerPartition.toKibibytes()} KiB)`,
    because: 'Kafka never deletes the active segment',
  });
}

/**
 * A partition may exceed its retention by one segment, since Kafka only deletes whole segments. Replicas are spread
 * evenly over the brokers.
 */
function requireVolumeHolds(
  scope: Construct,
  topics: Readonly<Record<string, Topic>>,
  { brokers, logVolume }: TopicsCluster,
): void {
  const shares = Object.entries(topics).map(([name, topic]) => {
    const replicas = Math.ceil((topic.partitions * topic.replicationFactor) / brokers);
    const each = topic.retentionPerPartition.toKibibytes() + topic.segment.toKibibytes();
    return { text: `${name} ${replicas} × ${toGibibytes(each)}`, kibibytes: replicas * each };
  });
  const needed = shares.reduce((sum, share) => sum + share.kibibytes, 0);
  const usable = (logVolume.toKibibytes() * USABLE_PERCENT) / 100;
  requireThat(scope, needed <= usable, {
    subject: 'kafka',
    property: 'logVolume',
    value: toGibibytes(logVolume.toKibibytes()),
    allowed: `at least ${toGibibytes((needed * 100) / USABLE_PERCENT)}`,
    because: `its replicas on one broker may grow to ${shares.map(({ text }) => text).join(' + ')} = ${toGibibytes(needed)}, of which ${USABLE_PERCENT} % of the volume is the most`,
  });
}

function toGibibytes(kibibytes: number): string {
  return `${Math.ceil((kibibytes / 1024 / 1024) * 100) / 100} GiB`;
}
