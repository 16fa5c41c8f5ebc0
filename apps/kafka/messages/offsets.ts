import { listOffsetsV7, ListOffsetTimestamps, offsetCommitV8, offsetFetchV8 } from '../client.ts';
import type { LogPosition } from '../log-position.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';
import type { Leader } from '../metadata/topic-metadata.ts';

const CONSUMER = -1;
/** Returns the high watermark, which does not depend on open transactions. */
const READ_UNCOMMITTED = 0;

export interface Ownership {
  readonly generation: number;
  readonly memberId: string;
}

/** The first record of a log, its end, or the first record with this timestamp (ms since the epoch) or a later one. */
export type LogBound = 'earliest' | 'latest' | bigint;

/** The offset of a bound; below 0 if no record is so late. */
export async function logBound(
  brokers: Brokers,
  topic: string,
  partition: number,
  leader: Leader,
  bound: LogBound,
): Promise<LogPosition> {
  const [found] = await logBounds(brokers, topic, [{ partition, leader }], leader.nodeId, bound);
  if (found === undefined) throw new KafkaError('list offsets', -1);
  return found;
}

/** The same for several partitions of one leader; omits partitions with an error. */
export async function logBounds(
  brokers: Pick<Brokers, 'ask'>,
  topic: string,
  partitions: readonly { readonly partition: number; readonly leader: Leader }[],
  nodeId: number,
  bound: LogBound,
): Promise<(LogPosition & { readonly partition: number })[]> {
  const { EARLIEST, LATEST } = ListOffsetTimestamps;
  const timestamp = bound === 'earliest' ? EARLIEST : bound === 'latest' ? LATEST : bound;
  const requested = partitions.map(({ partition, leader }) => ({
    partitionIndex: partition,
    currentLeaderEpoch: leader.epoch,
    timestamp,
  }));
  const topics = [{ name: topic, partitions: requested }];
  const listed = await brokers.ask('control', nodeId, listOffsetsV7.api, CONSUMER, READ_UNCOMMITTED, topics);
  const found = listed.topics[0]?.partitions ?? [];
  const refused = found.find(({ errorCode }) => errorCode !== NONE);
  if (refused !== undefined && found.length === 1) throw new KafkaError('list offsets', refused.errorCode);
  return found
    .filter(({ errorCode }) => errorCode === NONE)
    .map(({ partitionIndex, offset, leaderEpoch }) => ({
      partition: partitionIndex,
      offset: Number(offset),
      leaderEpoch,
    }));
}

/** The offset that the group has committed for a partition; `undefined` if none, or if it has expired. */
export async function committedOffset(
  brokers: Brokers,
  coordinator: number,
  groupId: string,
  topic: string,
  partition: number,
): Promise<number | undefined> {
  const topics = [{ name: topic, partitionIndexes: [partition] }];
  const requireStable = true;
  const fetched = await brokers.ask(
    'control',
    coordinator,
    offsetFetchV8.api,
    [{ groupId, memberEpoch: -1, topics }],
    requireStable,
  );
  const group = fetched.groups[0];
  const found = group?.topics[0]?.partitions[0];
  const errorCode = group?.errorCode === NONE ? (found?.errorCode ?? -1) : (group?.errorCode ?? -1);
  if (found === undefined || errorCode !== NONE) throw new KafkaError('fetch committed offset', errorCode);
  return found.committedOffset < 0n ? undefined : Number(found.committedOffset);
}

/** Commits as a member of a generation; the coordinator rejects an old generation. */
export async function commitOffsets(
  brokers: Brokers,
  coordinator: number,
  groupId: string,
  { generation, memberId }: Ownership,
  topic: string,
  ends: ReadonlyMap<number, LogPosition>,
): Promise<void> {
  const partitions = [...ends].map(([partition, { offset, leaderEpoch }]) => ({
    partitionIndex: partition,
    committedOffset: BigInt(offset),
    committedLeaderEpoch: leaderEpoch,
    committedMetadata: null,
  }));
  const topics = [{ name: topic, partitions }];
  const committed = await brokers.ask(
    'control',
    coordinator,
    offsetCommitV8.api,
    groupId,
    generation,
    memberId,
    null,
    topics,
  );
  const refused = committed.topics[0]?.partitions.find(({ errorCode }) => errorCode !== NONE);
  if (refused !== undefined) throw new KafkaError('commit', refused.errorCode);
}
