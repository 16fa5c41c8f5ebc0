import type { Consequence } from '../../../../infra/diff/consequences.ts';
import { environments } from '../../../../infra/environments/environments.ts';

/** A pull request of another project, its change as it would be here, and what is said of it. */
export interface PublicPullRequest {
  /** `owner/name#number` */
  readonly name: string;
  /** What it changed there. */
  readonly did: string;
  /** What its thread wanted said to whoever takes the change, in words of ours, and by whom. */
  readonly wanted: string;
  /** Where the thread goes on. */
  readonly also?: string;
  /** Production's values before, where they are others. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** What is changed in production, in turn. */
  readonly change: Readonly<Record<string, unknown>>;
  readonly consequence: Consequence;
  /** In the sentence of the worst cause: the words that answer the thread. */
  readonly answers: RegExp;
}

const HOSTS = ['a.example.com', 'b.example.com', 'c.example.com'];
const CLIENTS = ['10.9.0.0/16'];

function nodePorts(firstNodePort: number) {
  return { kind: 'node-port', hosts: HOSTS, firstNodePort };
}

export const publicPullRequests: readonly PublicPullRequest[] = [
  {
    name: 'strimzi/strimzi-kafka-operator#7514',
    did: 'stops a scale-down while the removed brokers hold partitions',
    wanted:
      'its proposal and its reviewers: fewer replicas remove the brokers with the highest numbers, and nothing checks whether they hold partitions',
    also: 'strimzi/proposals#54',
    before: { 'kafka.brokers': 5 },
    change: { 'kafka.brokers': 3 },
    consequence: 'data-at-risk',
    answers:
      /3 brokers run instead of 5, and data that only the removed brokers hold are lost; .*data lost until then do not come back/,
  },
  {
    name: 'sentry-kubernetes/charts#888',
    did: 'goes from Kafka with ZooKeeper to Kafka without it',
    wanted:
      'a reviewer: all of Kafka would be created again; the notes must say so, and how to stay with ZooKeeper',
    change: { 'kafka.metadata': environments.staging.kafka.metadata },
    consequence: 'data-at-risk',
    answers:
      /keeps its metadata in mode kraft instead of Kafka 3\.9\.2 in mode zookeeper; .*the way back is kafka\.metadata: .*zookeeper.*replaced: data at risk/,
  },
  {
    name: 'confluentinc/cp-helm-charts#191',
    did: 'gives brokers several disks, under another name of the first claim',
    wanted:
      'a user: after the update the brokers have other, empty volumes; a maintainer: the API server refuses the set, so the notes must list the manual steps',
    also: 'confluentinc/cp-helm-charts#214',
    change: { storageClassName: 'io2' },
    consequence: 'data-at-risk',
    answers:
      /every volume has the class io2 instead of gp3, which a claim cannot change: its set must be replaced/,
  },
  {
    name: 'confluentinc/cp-helm-charts#28',
    did: 'exposes brokers on node ports',
    wanted: 'its author: a client that reaches a node of the cluster reaches Kafka',
    change: { 'kafka.exposure': nodePorts(31_000), 'network.kafkaClientCidrs': CLIENTS },
    consequence: 'exposure',
    answers:
      /brokers are opened to 10\.9\.0\.0\/16 on node ports 31000 to 31003; restarts StatefulSet headwater\/kafka/,
  },
  {
    name: 'helm/charts#12778',
    did: 'changes the target port of the Services of exposed brokers',
    wanted: 'a user: the upgrade restarted no pod, so no broker listened on the target port',
    before: { 'kafka.exposure': nodePorts(31_000), 'network.kafkaClientCidrs': CLIENTS },
    change: { 'kafka.exposure.firstNodePort': 32_000 },
    consequence: 'exposure',
    answers:
      /clients reach brokers from node port 32000 on instead of 31000; restarts StatefulSet headwater\/kafka: 3 pods, one by one/,
  },
  {
    name: 'strimzi/strimzi-kafka-operator#1651',
    did: 'documents how volumes are resized',
    wanted: 'its text and its review: a volume can only grow, and only if its class allows it',
    change: { 'kafka.logVolume': '150Gi' },
    consequence: 'data-at-risk',
    answers: /the volume of each broker shrinks from 200Gi to 150Gi, which Kubernetes refuses for a claim/,
  },
  {
    name: 'banzaicloud/koperator#382',
    did: 'resizes claims when the brokers request more',
    wanted: 'the user of its issue: the larger request was accepted, but no volume grew',
    also: 'banzaicloud/koperator#346',
    change: { 'kafka.logVolume': '300Gi' },
    consequence: 'capacity',
    answers:
      /the volume of each broker grows from 200Gi to 300Gi, which the API server refuses for the set: grow its claims first; volumes 660Gi → 960Gi/,
  },
  {
    name: 'strimzi/strimzi-kafka-operator#3030',
    did: 'documents the immutable properties of a topic',
    wanted: 'its reviewers: readers must know before the change that Kafka cannot remove partitions',
    before: { 'consumer.replicas.max': 6 },
    change: { 'topics.events.partitions': 6 },
    consequence: 'capacity',
    answers: /topic events has 6 partitions instead of 12, which Kafka refuses: it cannot remove partitions/,
  },
  {
    name: 'PostHog/charts-clickhouse#243',
    did: 'limits topics by size in addition to age, on larger volumes',
    wanted:
      'a reviewer: which of the two limits deletes, whether disks stay large enough, and the effect on users of the defaults',
    change: { 'topics.events.retentionPerPartition': '4Gi', 'kafka.logVolume': '300Gi' },
    consequence: 'data-deleted-sooner',
    answers:
      /topic events keeps 4Gi of each partition instead of 8Gi, and older records above that are deleted within minutes/,
  },
  {
    name: 'bitnami/charts#29782',
    did: 'makes the heap of brokers a share of their memory',
    wanted: 'its author and its issue: the heap must follow the limit, or brokers are killed',
    also: 'bitnami/charts#29670',
    change: { 'kafka.resources.memory': '12Gi' },
    consequence: 'capacity',
    answers:
      /each broker has 12Gi of memory instead of 8Gi, half of it heap unless kafka\.heap is set; restarts StatefulSet headwater\/kafka.*; memory asked for/,
  },
];
