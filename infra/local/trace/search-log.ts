import type { KafkaConnection } from '../../../apps/kafka/config.ts';
import { Brokers } from '../../../apps/kafka/connections/brokers.ts';
import { KafkaError, NONE } from '../../../apps/kafka/errors.ts';
import { Fetcher } from '../../../apps/kafka/messages/fetch.ts';
import { logBound } from '../../../apps/kafka/messages/offsets.ts';
import { READER_REQUESTS } from '../../../apps/kafka/messages/requests.ts';
import { TopicMetadata, type Leader } from '../../../apps/kafka/metadata/topic-metadata.ts';
import { openBatch, readBatches, type Batch } from '../../../apps/kafka/records/batches.ts';
import type { KafkaRecord } from '../../../apps/kafka/records/records.ts';
import { BufferPool } from '../../../apps/service/memory/buffer-pool.ts';
import { REQUEST_ID, REQUEST_LINE } from '../verify/envelope.ts';
import type { Findings, Wanted } from './findings.ts';
import type { ChainEnds } from './search-store.ts';

const OPEN_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const FETCH_BYTES = 1024 * 1024;
const FETCH_WAIT_MS = 500;
/** Fetches without a whole batch after which a partition is given up. */
const EMPTY_FETCHES = 10;
/** As the consumer's default. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const ANY_EPOCH = -1;

export interface LogSearchOptions {
  readonly connection: KafkaConnection;
  readonly wanted: Wanted;
  readonly findings: Findings;
  /** Ends of the chains of a topic id; a partition without a chain has none. */
  readonly endsOf: (topicId: string) => ChainEnds;
  readonly progress: (text: string) => void;
}

/** Looks for the records of a request in Kafka, between the ends of the chains and those of the logs. */
export class LogSearch {
  readonly #options: LogSearchOptions;
  readonly #brokers: Brokers;
  readonly #buffers = new BufferPool({ maxFreeBytes: 4 * FETCH_BYTES });
  readonly #fetcher: Fetcher;

  constructor(options: LogSearchOptions) {
    this.#options = options;
    this.#brokers = new Brokers({
      connection: options.connection,
      clientId: 'headwater-trace',
      requests: READER_REQUESTS,
      openTimeoutMs: OPEN_TIMEOUT_MS,
      timeoutsMs: { control: REQUEST_TIMEOUT_MS, fetch: REQUEST_TIMEOUT_MS },
    });
    this.#fetcher = new Fetcher(this.#brokers, this.#buffers, () => undefined);
  }

  /** @returns the topic id. @throws if no broker knows the topic; a partition that cannot be read is noted */
  async search(): Promise<string> {
    const { wanted, findings, endsOf } = this.#options;
    const topic = new TopicMetadata(wanted.topic, this.#brokers);
    await topic.update();
    const { view } = topic;
    if (view === undefined) throw new Error(`topic ${wanted.topic} is not known`);
    const ends = endsOf(view.id);
    for (const partition of view.leaders.keys()) {
      const leader = topic.leader(partition);
      try {
        if (leader === undefined) throw new Error('it has no leader');
        await this.#searchPartition({ ...view, partition, leader }, ends.get(partition) ?? 0);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        findings.unknown(`Kafka: partition ${partition} was not read to its end: ${reason}`);
      }
    }
    return view.id;
  }

  close(): void {
    this.#brokers.close();
  }

  async #searchPartition(from: PartitionOfTopic, chainEnd: number): Promise<void> {
    const { wanted, findings } = this.#options;
    const { partition, leader } = from;
    const bound = (at: Parameters<typeof logBound>[4]) =>
      logBound(this.#brokers, wanted.topic, partition, leader, at).then(({ offset }) => offset);
    const [start, recent, end] = await Promise.all([
      bound('earliest'),
      bound(BigInt(wanted.since)),
      bound('latest'),
    ]);
    // Kafka has no record of the time, so neither has it deleted one.
    if (recent < 0) return;
    if (start > chainEnd && recent <= start) {
      findings.unknown(
        `Kafka has deleted offsets ${chainEnd} to ${start - 1} of partition ${partition}, which no object has`,
      );
    }
    await this.#read(from, Math.max(chainEnd, recent), end);
  }

  async #read(from: PartitionOfTopic, first: number, end: number): Promise<void> {
    const { findings, progress } = this.#options;
    const { partition, id: topicId } = from;
    let empty = 0;
    for (let offset = first; offset < end;) {
      progress(`reading partition ${partition} of Kafka: ${end - offset} records left`);
      const log = await this.#fetch(from, offset);
      try {
        const begin = offset;
        for (const batch of readBatches(log.bytes)) {
          for await (const record of this.#records(batch, Math.max(first, offset))) {
            const { offset: at, timestamp } = record;
            const request = { id: header(record, REQUEST_ID), line: header(record, REQUEST_LINE) };
            findings.add(request, { topicId, partition, offset: at, timestamp: Number(timestamp) });
          }
          offset = Math.max(offset, batch.nextOffset);
        }
        empty = offset === begin ? empty + 1 : 0;
        findings.looked.unstoredRecords += offset - begin;
        if (empty === EMPTY_FETCHES) throw new Error(`the broker sends nothing from offset ${offset} on`);
      } finally {
        log.release();
      }
    }
  }

  async #fetch({ uuid, partition, leader }: PartitionOfTopic, offset: number) {
    const [response] = await this.#fetcher.fetch(leader.nodeId, {
      topic: uuid,
      partitions: [{ partition, offset, lastFetchedEpoch: ANY_EPOCH, leaderEpoch: leader.epoch }],
      maxWaitMs: FETCH_WAIT_MS,
      maxBytes: FETCH_BYTES,
      maxPartitionBytes: FETCH_BYTES,
      // The producer's records are in no transaction, and must not wait for one of another producer.
      read: 'uncommitted',
    });
    const { errorCode = -1, log } = response ?? {};
    if (log === undefined || errorCode !== NONE) {
      log?.release();
      throw new KafkaError(`fetch partition ${partition}`, errorCode);
    }
    return log;
  }

  async *#records(batch: Batch, from: number): AsyncGenerator<KafkaRecord> {
    const { wanted } = this.#options;
    if (batch.isControl || batch.nextOffset <= from || batch.maxTimestamp < BigInt(wanted.since)) return;
    const records = openBatch(batch, { maxRecordBytes: MAX_RECORD_BYTES, buffers: this.#buffers });
    try {
      while (records.left > 0) {
        await records.fill();
        const record = records.next();
        if (record.offset >= from) yield record;
      }
    } finally {
      records.close();
    }
  }
}

interface PartitionOfTopic {
  /** Topic id, as the protocol and as keys have it. */
  readonly uuid: string;
  readonly id: string;
  readonly partition: number;
  readonly leader: Leader;
}

function header({ headers }: KafkaRecord, wanted: string): string | undefined {
  return headers.find(({ name }) => name.equals(Buffer.from(wanted)))?.value?.toString('utf8');
}
