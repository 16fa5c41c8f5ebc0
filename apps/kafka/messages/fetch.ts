import { createAPI, FetchIsolationLevels, fetchV13, type API, type Reader } from '../client.ts';
import type { Buffers } from '../records/buffers.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';
import type { AbortedTransaction } from '../records/transactions.ts';

export interface FetchPartition {
  readonly partition: number;
  readonly offset: number;
  /** Of the last batch before the offset: the broker says where its log differs. -1 does not ask. */
  readonly lastFetchedEpoch: number;
  /** Of the leader as this client knows it: one that knows better refuses. */
  readonly leaderEpoch: number;
}

export interface FetchRequest {
  readonly topic: string;
  readonly partitions: readonly FetchPartition[];
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  /** `committed` ends where the first open transaction begins. */
  readonly read: 'committed' | 'uncommitted';
}

export interface PartitionResponse {
  readonly partition: number;
  readonly errorCode: number;
  /** Where the log ends, open transactions included; -1 where unknown. */
  readonly highWatermark: number;
  /** Where it begins, after what Kafka has deleted; -1 where unknown. */
  readonly logStart: number;
  /** Where the log left the last epoch that was asked about, before the offset; `undefined` where it did not. */
  readonly divergedAt: number | undefined;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches, the last one perhaps cut short; in memory of the pool, to be given back. */
  readonly log: FetchedBytes;
}

export interface FetchedBytes {
  readonly bytes: Buffer;
  /** All that it holds. */
  readonly memoryBytes: number;
  /** To be called once nobody reads the bytes any more. */
  release(): void;
}

const NO_SESSION = 0;
const FINAL_EPOCH = -1;
const MIN_BYTES = 1;

interface FetchResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly partitions: readonly PartitionResponse[];
}

type FetchApi = API<Parameters<typeof fetchV13.createRequest>, FetchResponse>;

/** Fetches from single brokers. A fetch names the topic by its id and opens no session: it says all that is wanted. */
export class Fetcher {
  readonly #brokers: Brokers;
  /**
   * The library's request with a parser of our own: theirs decompresses and reads every record at once, on the
   * main thread, and does not verify checksums.
   */
  readonly #api: FetchApi;

  /** @param onResponse gets the bytes of every answer, which are garbage from then on */
  constructor(brokers: Brokers, buffers: Buffers, onResponse: (bytes: number) => void) {
    this.#brokers = brokers;
    const { key, version } = fetchV13.api;
    this.#api = createAPI(key, version, fetchV13.createRequest, (_id, _key, _version, reader) => {
      onResponse(reader.remaining);
      return readResponse(reader, buffers);
    });
  }

  /** What the log holds of these partitions of one leader. */
  async fetch(nodeId: number, request: FetchRequest): Promise<readonly PartitionResponse[]> {
    const { topic, partitions, maxWaitMs, maxBytes, maxPartitionBytes, read } = request;
    const topics = [
      {
        topicId: topic,
        partitions: partitions.map(({ partition, offset, lastFetchedEpoch, leaderEpoch }) => ({
          partition,
          currentLeaderEpoch: leaderEpoch,
          fetchOffset: BigInt(offset),
          lastFetchedEpoch,
          partitionMaxBytes: maxPartitionBytes,
        })),
      },
    ];
    const limits = [maxWaitMs, MIN_BYTES, maxBytes] as const;
    const session = [NO_SESSION, FINAL_EPOCH] as const;
    const { READ_COMMITTED, READ_UNCOMMITTED } = FetchIsolationLevels;
    const { errorCode, partitions: answers } = await this.#brokers.ask(
      'fetch',
      nodeId,
      this.#api,
      ...limits,
      read === 'committed' ? READ_COMMITTED : READ_UNCOMMITTED,
      ...session,
      topics,
      [],
      '',
    );
    if (errorCode !== NONE) throw new KafkaError('fetch', errorCode);
    return answers;
  }
}

function readResponse(reader: Reader, buffers: Buffers): FetchResponse {
  const throttleTimeMs = reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt32();
  const topics = reader.readArray((topic) => {
    topic.readUUID();
    return topic.readArray((partition) => readPartition(partition, buffers), true, false);
  });
  return { throttleTimeMs, errorCode, partitions: topics.flat() };
}

function readPartition(reader: Reader, buffers: Buffers): PartitionResponse {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = Number(reader.readInt64());
  reader.readInt64();
  const logStart = Number(reader.readInt64());
  const aborted = reader.readArray((transaction) => ({
    producerId: transaction.readInt64(),
    firstOffset: Number(transaction.readInt64()),
  }));
  reader.readInt32();
  const log = readBytes(reader, buffers);
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
  return { partition, errorCode, highWatermark, logStart, divergedAt, aborted, log };
}

/** Copies: a partition that waits must not keep the whole answer, with all the others, in memory. */
function readBytes(reader: Reader, buffers: Buffers): FetchedBytes {
  const length = Math.max(0, reader.readUnsignedVarInt() - 1);
  const buffer = buffers.take(length);
  let skipped = reader.position;
  let copied = 0;
  for (const piece of reader.buffer.buffers) {
    if (skipped < piece.length) {
      copied += piece.copy(buffer, copied, skipped, Math.min(piece.length, skipped + length - copied));
      skipped = 0;
    } else {
      skipped -= piece.length;
    }
    if (copied === length) break;
  }
  reader.skip(length);
  return {
    bytes: buffer.subarray(0, length),
    memoryBytes: buffer.length,
    release: () => buffers.give(buffer),
  };
}
