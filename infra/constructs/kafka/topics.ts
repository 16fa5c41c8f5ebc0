import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import type { Identity } from '../workloads/labels.ts';
import type { Mount } from '../workloads/mounts.ts';
import { requireInteger, requireThat } from '../workloads/requirements.ts';
import { RestrictedJob } from '../workloads/restricted-job.ts';

export const TOPICS: Identity = { name: 'kafka', component: 'topics' };

/** Brokers that are being started the first time take their time; so does a roll that the Job comes with. */
const DEADLINE = Duration.minutes(30);
/** How long one attempt waits for enough brokers, before the next pod tries. */
const ATTEMPT = Duration.minutes(5);
/** Share of a broker's volume that retained segments may take; the rest is for what is being deleted and indices. */
export const USABLE_PERCENT = 85;

/** How one topic is laid out. */
export interface Topic {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInSyncReplicas: number;
  readonly cleanup: 'delete' | 'compact' | 'compact,delete';
  readonly retention: Duration;
  /** Bytes kept of each partition before the oldest segment goes. */
  readonly retentionPerPartition: Size;
  readonly segment: Size;
}

/** The cluster that must hold the topics. */
export interface TopicsCluster {
  readonly brokers: number;
  readonly logVolume: Size;
}

export interface TopicsProps {
  readonly namespace: string;
  readonly image: string;
  readonly cluster: TopicsCluster;
  readonly topics: Readonly<Record<string, Topic>>;
  /** The program's environment beside what the topics give: how it reaches the brokers. */
  readonly variables: Readonly<Record<string, string>>;
  /** Certificate and password that the variables name by path. @default - none */
  readonly mounts?: readonly Mount[];
  /** Topics to delete, data and all. @default - none: a topic that is no longer declared stays */
  readonly deleted?: readonly string[];
  /** What dynamic values that hold for all brokers must be, where there are any. @default - none is looked at */
  readonly clusterConfigs?: Readonly<Record<string, number>>;
}

/**
 * Topics as they are declared, made and altered by a Job that changes nothing where nothing differs, and leaves alone what is
 * not declared.
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

/** Topics as the program that makes them reads them: a JSON list, with Kafka's own names of the settings. */
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
    because: 'each replica needs a broker of its own',
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
    because: 'the segment that is written is never deleted',
  });
}

/**
 * Each partition may hold its retention and one segment more, since only whole segments go. Replicas are laid evenly
 * over the brokers.
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
