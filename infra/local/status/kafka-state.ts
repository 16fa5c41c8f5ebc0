import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import type { KafkaConnection } from '../../../apps/kafka/config.ts';
import { Brokers } from '../../../apps/kafka/connections/brokers.ts';
import { firstTimestamp } from '../../../apps/kafka/messages/first-timestamp.ts';
import { Fetcher } from '../../../apps/kafka/messages/fetch.ts';
import { logBound } from '../../../apps/kafka/messages/offsets.ts';
import { READER_REQUESTS } from '../../../apps/kafka/messages/requests.ts';
import { TopicMetadata } from '../../../apps/kafka/metadata/topic-metadata.ts';
import { BufferPool } from '../../../apps/service/memory/buffer-pool.ts';

const CLIENT_ID = 'headwater-status';
const TIMEOUT_MS = 5_000;

/** Ends of chains by partition. */
export interface ChainEnds {
  readonly ends: ReadonlyMap<number, number>;
  /** Whether a partition without an end has no object. */
  readonly areAll: boolean;
}

/** The log of one partition, and the end of its chain where it is known; a partition without a leader has no end. */
export interface LogState {
  readonly partition: number;
  readonly end?: number;
  readonly stored?: number;
  /** Of the first record that is not stored, in milliseconds since the epoch; absent if all are, or the chain is not known. */
  readonly unstoredSince?: number;
}

/** What Kafka knows of a topic. */
export interface KafkaState {
  /** After which age Kafka deletes a record; undefined if it does not. */
  readonly retentionMs: number | undefined;
  readonly logs: readonly LogState[];
}

/** @param endsOf ends of the chains of a topic id. @throws if no broker answers, or the topic does not exist */
export async function readKafka(
  connection: KafkaConnection,
  topicName: string,
  endsOf: (topicId: string) => Promise<ChainEnds>,
): Promise<KafkaState> {
  const brokers = new Brokers({
    connection,
    clientId: CLIENT_ID,
    requests: READER_REQUESTS,
    openTimeoutMs: TIMEOUT_MS,
    timeoutsMs: { control: TIMEOUT_MS },
  });
  try {
    const topic = new TopicMetadata(topicName, brokers);
    await topic.update();
    const { id = '', uuid = '', leaders = [] } = topic.view ?? {};
    const [{ ends, areAll }, retentionMs] = await Promise.all([
      endsOf(id),
      readRetention(connection, topicName),
    ]);
    const fetcher = new Fetcher(brokers, new BufferPool({}), () => undefined);
    const logs = Array.from(leaders.keys(), async (partition): Promise<LogState> => {
      const leader = topic.leader(partition);
      const known = ends.get(partition);
      if (leader === undefined) return { partition, ...(known !== undefined && { stored: known }) };
      const [start, end] = await Promise.all(
        (['earliest', 'latest'] as const).map(async (bound) => {
          const { offset } = await logBound(brokers, topicName, partition, leader, bound);
          return offset;
        }),
      );
      // A chain without an object begins where the log does.
      const stored = known ?? (areAll ? start : undefined);
      const log = { partition, ...(end !== undefined && { end }), ...(stored !== undefined && { stored }) };
      if (stored === undefined || end === undefined || stored >= end) return log;
      const unstoredSince = await firstTimestamp(fetcher, uuid, partition, leader, stored);
      return { ...log, ...(unstoredSince !== undefined && { unstoredSince }) };
    });
    return { retentionMs, logs: await Promise.all(logs) };
  } finally {
    brokers.close();
  }
}

async function readRetention(connection: KafkaConnection, topic: string): Promise<number | undefined> {
  const admin = new Admin({ clientId: CLIENT_ID, retries: 0, ...connection });
  try {
    const resources = [
      { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: ['retention.ms'] },
    ];
    const [description] = await admin.describeConfigs({ resources });
    const value = Number(description?.configs.find(({ name }) => name === 'retention.ms')?.value ?? -1);
    return value < 0 ? undefined : value;
  } finally {
    await admin.close();
  }
}
