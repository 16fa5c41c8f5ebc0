import { createAPI, FetchIsolationLevels, fetchV13, type Reader } from '@platformatic/kafka';
import type { Brokers } from './brokers.ts';
import { KafkaError, NONE } from './errors.ts';
import type { AbortedTransaction } from './transactions.ts';

export interface FetchPartition {
  readonly partition: number;
  readonly offset: number;
  /** Of the last batch before the offset: the broker says where its log differs. -1 does not ask. */
  readonly lastEpoch: number;
  /** Of the leader as this client knows it: one that knows better refuses. */
  readonly leaderEpoch: number;
}

export interface FetchRequest {
  readonly topic: string;
  readonly partitions: readonly FetchPartition[];
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

export interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  /** Offsets below it are committed and belong to no open transaction; -1 where unknown. */
  readonly lastStableOffset: number;
  /** Where the log left the last epoch that was asked about, before the offset; `undefined` where it did not. */
  readonly divergedAt: number | undefined;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches, the last one perhaps cut short. */
  readonly log: Buffer;
}

const NO_SESSION = 0;
const FINAL_EPOCH = -1;

/**
 * The library's request with a parser of our own: theirs decompresses and reads every record at once, on the
 * main thread, and does not verify checksums. A fetch names the topic by its id and opens no session, so each
 * request says all that the broker needs and nothing else is fetched.
 */
const fetchApi = createAPI<Parameters<typeof fetchV13.createRequest>, readonly PartitionAnswer[]>(
  1,
  13,
  fetchV13.createRequest,
  (_correlationId, _apiKey, _apiVersion, reader) => readAnswer(reader),
);

/** What the log holds of these partitions of one leader, as far as transactions are decided. */
export function fetch(
  brokers: Brokers,
  nodeId: number,
  request: FetchRequest,
): Promise<readonly PartitionAnswer[]> {
  const { topic, partitions, maxWaitMs, maxBytes, maxPartitionBytes } = request;
  const topics = [
    {
      topicId: topic,
      partitions: partitions.map(({ partition, offset, lastEpoch, leaderEpoch }) => ({
        partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: lastEpoch,
        partitionMaxBytes: maxPartitionBytes,
      })),
    },
  ];
  const isolation = FetchIsolationLevels.READ_COMMITTED;
  const minBytes = 1;
  return brokers.ask(
    'fetch',
    nodeId,
    fetchApi,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolation,
    NO_SESSION,
    FINAL_EPOCH,
    topics,
    [],
    '',
  );
}

function readAnswer(reader: Reader): readonly PartitionAnswer[] {
  reader.readInt32();
  const errorCode = reader.readInt16();
  if (errorCode !== NONE) throw new KafkaError('fetch', errorCode);
  reader.readInt32();
  const topics = reader.readArray((topic) => {
    topic.readUUID();
    return topic.readArray(readPartition, true, false);
  });
  return topics.flat();
}

function readPartition(reader: Reader): PartitionAnswer {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt64();
  const lastStableOffset = Number(reader.readInt64());
  reader.readInt64();
  const aborted = reader.readArray((transaction) => ({
    producerId: transaction.readInt64(),
    firstOffset: Number(transaction.readInt64()),
  }));
  reader.readInt32();
  // A copy: a partition that waits must not keep the whole answer, with all the others, in memory.
  const log = Buffer.from(reader.readBytes());
  let divergedAt: number | undefined;
  for (let fields = reader.readUnsignedVarInt(); fields > 0; fields--) {
    const tag = reader.readUnsignedVarInt();
    const end = reader.readUnsignedVarInt() + reader.position;
    if (tag === 0) {
      reader.readInt32();
      divergedAt = Number(reader.readInt64());
    }
    reader.position = end;
  }
  return { partition, errorCode, lastStableOffset, divergedAt, aborted, log };
}
