import { createAPI, FetchIsolationLevels, fetchV13, type API, type Reader } from '../client.ts';
import type { Buffers } from '../records/buffers.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';
import type { AbortedTransaction } from '../records/transactions.ts';

export interface FetchPartition {
  readonly partition: number;
  readonly offset: number;
  /** Epoch of the last batch before the offset: the broker reports where its log diverges. -1 turns the check off. */
  readonly lastFetchedEpoch: number;
  /** Leader epoch that this client knows; the broker returns an error if it knows a newer one. */
  readonly leaderEpoch: number;
}

export interface FetchRequest {
  readonly topic: string;
  readonly partitions: readonly FetchPartition[];
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  /** `committed` reads up to the first open transaction. */
  readonly read: 'committed' | 'uncommitted';
}

export interface PartitionResponse {
  readonly partition: number;
  readonly errorCode: number;
  /** High watermark, open transactions included; -1 if unknown. */
  readonly highWatermark: number;
  /** First offset that Kafka has not deleted; -1 if unknown. */
  readonly logStart: number;
  /**
   * End of `lastFetchedEpoch` in the leader's log if that is below the offset: the log was truncated. Otherwise
   * `undefined`.
   */
  readonly divergedAt: number | undefined;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches; the last one may be cut short. Call `release` after use. */
  readonly log: FetchedBytes;
}

export interface FetchedBytes {
  readonly bytes: Buffer;
  /** Size of the buffer that holds the bytes. */
  readonly memoryBytes: number;
  /** Must be called once the bytes are not needed any more. */
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

/** Fetches from single brokers, by topic id and without a fetch session: each request names all partitions. */
export class Fetcher {
  readonly #brokers: Brokers;
  /**
   * The library's request with our own parser. The library's parser decompresses all records at once on the main
   * thread, and does not verify checksums.
   */
  readonly #api: FetchApi;

  /** @param onResponse called with the size of every response, whose bytes become garbage */
  constructor(brokers: Brokers, buffers: Buffers, onResponse: (bytes: number) => void) {
    this.#brokers = brokers;
    const { key, version } = fetchV13.api;
    this.#api = createAPI(key, version, fetchV13.createRequest, (_id, _key, _version, reader) => {
      onResponse(reader.remaining);
      return readResponse(reader, buffers);
    });
  }

  /** Fetches from partitions of one leader. */
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
    const { errorCode, partitions: responses } = await this.#brokers.ask(
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
    return responses;
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

/** Copies the bytes, so that a waiting partition does not keep the whole response in memory. */
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
