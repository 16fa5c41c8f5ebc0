import type { CauseProperty } from '../causes/cause.ts';
import type { Tree } from '../tree.ts';
import { valueText, type SentenceRule } from './sentence-rule.ts';

/** Sentences for topics. */
export const TOPIC_SENTENCES: readonly SentenceRule[] = [
  {
    id: 'topics-deleted',
    properties: ['deletedTopics'],
    says: 'the topics {deleted} are deleted with all their records',
    values: ([property]) => ({ deleted: newOnes(property) }),
  },
  {
    id: 'topic-made',
    properties: ['topics.*'],
    when: 'added',
    says: 'topic {name} is created with {after.partitions} partitions of {after.replicationFactor} replicas, kept for {after.retention}',
  },
  {
    id: 'topic-undeclared',
    properties: ['topics.*'],
    when: 'removed',
    says: 'topic {name} is no longer declared, and Kafka keeps it until deletedTopics names it',
  },
  {
    id: 'topic-retention-lowered',
    properties: ['topics.*.retention'],
    when: 'lowered',
    says: 'topic {name} keeps records for {after} instead of {before}, and older ones are deleted within minutes',
  },
  {
    id: 'topic-retention-raised',
    properties: ['topics.*.retention'],
    says: 'topic {name} keeps records for {after} instead of {before}',
  },
  {
    id: 'partition-size-lowered',
    properties: ['topics.*.retentionPerPartition'],
    when: 'lowered',
    says: 'topic {name} keeps {after} of each partition instead of {before}, and older records above that are deleted within minutes',
  },
  {
    id: 'partition-size-raised',
    properties: ['topics.*.retentionPerPartition'],
    says: 'topic {name} keeps {after} of each partition instead of {before}',
  },
  {
    id: 'partitions-raised',
    properties: ['topics.*.partitions'],
    when: 'raised',
    says: 'topic {name} has {after} partitions instead of {before}, and later records of a key may go to another partition than earlier ones',
  },
  {
    id: 'partitions-lowered',
    properties: ['topics.*.partitions'],
    says: 'topic {name} has {after} partitions instead of {before}, which Kafka refuses: it cannot remove partitions',
  },
  {
    id: 'topic-replicas',
    properties: ['topics.*.replicationFactor'],
    says: 'topic {name} has {after} replicas of each partition instead of {before}, which the Job of the topics refuses',
  },
  {
    id: 'topic-in-sync',
    properties: ['topics.*.minInSyncReplicas'],
    says: 'a write to topic {name} counts once {after} replicas have it instead of {before}',
  },
  {
    id: 'topic-cleanup',
    properties: ['topics.*.cleanup'],
    says: 'topic {name} is cleaned up by {after} instead of {before}',
  },
  {
    id: 'topic-segment',
    properties: ['topics.*.segment'],
    says: 'a segment of topic {name} has at most {after} instead of {before}',
  },
];

function newOnes({ before, after }: Partial<CauseProperty> = {}): string {
  const old = new Set(Array.isArray(before) ? (before as readonly Tree[]) : []);
  const young = Array.isArray(after) ? (after as readonly Tree[]) : [];
  return valueText(
    '',
    young.filter((name) => !old.has(name)),
  );
}
