import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Readable, type Duplex } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  ListOffsetTimestamps,
  type Admin,
  type CompressionAlgorithmValue,
  type MessageToProduce,
  type Producer,
} from '@platformatic/kafka';
import { readConfig, type ConsumerVariables } from '../../../apps/consumer/config.ts';
import { verifyStore, type Verification } from '../../../infra/local/verify.ts';
import { runCommand } from '../../../infra/local/command.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { KafkaCluster } from '../../../infra/local/kafka-cluster.ts';
import type { ObjectStore } from '../../../infra/local/object-store.ts';
import type { StoreProxy } from '../../faults/store-proxy.ts';
import { RunningConsumer } from './running-consumer.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The offsets from `from` to `to` (exclusive). */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** What a test sends; texts are sent as UTF-8. */
export interface SentRecord {
  readonly value: string | Buffer | null;
  readonly key?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SendOptions {
  /** @default 0 */
  readonly partition?: number;
  readonly compression?: CompressionAlgorithmValue;
}

/** One object of a chain. */
export interface StoredSegment {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The lines of its content, without their line feeds. */
  readonly lines: readonly string[];
}

/** What a fixture takes of the harness that its file's tests share. */
export interface FixtureParts {
  readonly kafka: KafkaCluster;
  readonly store: ObjectStore;
  readonly proxy: StoreProxy;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly s3: S3Client;
}

/** One topic with its group and its prefix. */
export class Fixture {
  readonly harness: FixtureParts;
  readonly topic: string;
  readonly partitions: number;
  readonly groupId: string;
  readonly prefix: string;
  topicId: string;
  readonly #consumers: RunningConsumer[] = [];

  constructor(harness: FixtureParts, topic: string, partitions: number, topicId: string) {
    this.harness = harness;
    this.topic = topic;
    this.partitions = partitions;
    this.topicId = topicId;
    this.groupId = `${topic}-group`;
    this.prefix = `of-${topic}`;
  }

  message(record: SentRecord, partition = 0): MessageToProduce {
    const bytes = (content: string | Buffer): Buffer =>
      typeof content === 'string' ? Buffer.from(content) : content;
    const { key, value, headers = {} } = record;
    return {
      topic: this.topic,
      partition,
      // The library's type forgets tombstones.
      value: value === null ? (null as unknown as Buffer) : bytes(value),
      ...(key !== undefined && { key: bytes(key) }),
      headers: new Map(Object.entries(headers).map(([name, content]) => [bytes(name), bytes(content)])),
    };
  }

  /** One batch, acknowledged. */
  async send(records: readonly SentRecord[], options: SendOptions = {}): Promise<void> {
    const { partition = 0, compression = 'none' } = options;
    const messages = records.map((record) => this.message(record, partition));
    await this.harness.producer.send({ messages, acks: -1, compression });
  }

  /** `{"n":from}` to `{"n":to - 1}`, so that `n` is the offset in a topic that holds nothing else. */
  async sendNumbers(from: number, to: number, options: SendOptions = {}): Promise<void> {
    const records = Array.from({ length: to - from }, (_, index) => ({ value: `{"n":${from + index}}` }));
    await this.send(records, options);
  }

  /** What the tests give every consumer: small objects, soon. */
  get variables(): ConsumerVariables {
    const { kafka, store, proxy } = this.harness;
    return {
      KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.groupId,
      STORE_ENDPOINT: proxy.endpoint,
      STORE_BUCKET: store.bucket,
      STORE_PREFIX: this.prefix,
      STORE_REGION: store.region,
      STORE_PATH_STYLE: 'true',
      FLUSH_MAX_RECORDS: '10',
      FLUSH_MAX_AGE_MS: '300',
      SESSION_TIMEOUT_MS: '6000',
      LOG_LEVEL: 'debug',
    };
  }

  /** Runs a consumer in this process. */
  start(variables: Partial<ConsumerVariables> = {}): RunningConsumer {
    const consumer = new RunningConsumer(readConfig({ ...this.variables, ...variables }));
    this.#consumers.push(consumer);
    return consumer;
  }

  async logEnd(partition = 0): Promise<number> {
    const partitions = [{ partitionIndex: partition, timestamp: ListOffsetTimestamps.LATEST }];
    const [listed] = await this.harness.admin.listOffsets({ topics: [{ name: this.topic, partitions }] });
    return Number(listed?.partitions[0]?.offset);
  }

  async committed(partition = 0): Promise<number | undefined> {
    const topics = [{ name: this.topic, partitionIndexes: [partition] }];
    const [group] = await this.harness.admin.listConsumerGroupOffsets({
      groups: [{ groupId: this.groupId, topics }],
    });
    const offset = group?.topics[0]?.partitions[0]?.committedOffset;
    return offset === undefined || offset < 0n ? undefined : Number(offset);
  }

  /** Sets the commit; the group must have no member. */
  async commit(offset: number, partition = 0): Promise<void> {
    const topics = [{ name: this.topic, partitionOffsets: [{ partition, offset: BigInt(offset) }] }];
    await this.harness.admin.alterConsumerGroupOffsets({ groupId: this.groupId, topics });
  }

  /** Removes the commits, as Kafka does when a group has been idle for long. */
  async expireCommits(): Promise<void> {
    await this.harness.admin.deleteGroups({ groups: [this.groupId] });
  }

  /** As retention does. */
  async deleteRecordsBefore(offset: number, partition = 0): Promise<void> {
    const partitions = [{ partition, offset: BigInt(offset) }];
    await this.harness.admin.deleteRecords({ topics: [{ name: this.topic, partitions }] });
  }

  /** Waits until the chain of a partition reaches an offset. @default the end of its log */
  async storedUpTo(offset?: number, partition = 0): Promise<readonly StoredSegment[]> {
    const end = offset ?? (await this.logEnd(partition));
    return waitUntil(
      async () => {
        const segments = await this.segments(partition);
        return Number(segments.at(-1)?.metadata['end']) >= end && segments;
      },
      { what: `stored up to ${end}: ${this.topic}/${partition}`, deadlineMs: 60_000 },
    );
  }

  /** What the last segment of a chain says, as the proxy has seen it. */
  chainEnd(partition = 0): number {
    return this.harness.proxy.chainEnd(this.topicId, partition);
  }

  async segments(partition = 0): Promise<StoredSegment[]> {
    const keys = await this.keys(`${this.prefix}/${this.topic}/${this.topicId}/${partition}/`);
    return Promise.all(keys.map((key) => this.segment(key)));
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.harness.s3.send(
        new ListObjectsV2Command({ Bucket: this.harness.store.bucket, Prefix: prefix, ContinuationToken }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys;
  }

  async segment(key: string): Promise<StoredSegment> {
    const { Body, Metadata = {} } = await this.harness.s3.send(
      new GetObjectCommand({ Bucket: this.harness.store.bucket, Key: key }),
    );
    assert.ok(Body instanceof Readable);
    const content = await text(key.endsWith('.ndjson') ? Body : Body.pipe(decoder(key)));
    return { key, metadata: Metadata, lines: content === '' ? [] : content.slice(0, -1).split('\n') };
  }

  /** The key of the segment that starts there. */
  key(start: number, partition = 0, extension = '.ndjson.gz'): string {
    const name = String(start).padStart(20, '0');
    return `${this.prefix}/${this.topic}/${this.topicId}/${partition}/${name}${extension}`;
  }

  /** Puts an object as another writer would, with whatever metadata. */
  async put(
    key: string,
    metadata: Readonly<Record<string, string>>,
    content: Buffer = Buffer.alloc(0),
  ): Promise<void> {
    await this.harness.s3.send(
      new PutObjectCommand({
        Bucket: this.harness.store.bucket,
        Key: key,
        Metadata: metadata,
        Body: content,
      }),
    );
  }

  /** Runs the command that lets a stopped partition go on, as its page says. */
  async runResume(args: readonly string[]): Promise<void> {
    const environment = { ...this.variables };
    await runCommand(process.execPath, ['bin/headwater.mjs', 'resume', ...args], {
      host: process,
      cwd: ROOT,
      environment,
    });
  }

  async remove(key: string): Promise<void> {
    await this.harness.s3.send(new DeleteObjectCommand({ Bucket: this.harness.store.bucket, Key: key }));
  }

  /** Every offset of a chain, in the order in which it is stored. */
  async offsets(partition = 0): Promise<number[]> {
    const segments = await this.segments(partition);
    return segments.flatMap(({ lines }) =>
      lines.map((line) => (JSON.parse(line) as { offset: number }).offset),
    );
  }

  /** The result of the check of this prefix; fails the test where there is a violation. */
  async verify(): Promise<Verification> {
    const { s3, store } = this.harness;
    const verification = await verifyStore(s3, { bucket: store.bucket, prefix: this.prefix });
    assert.deepEqual(verification.violations, []);
    return verification;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
  }
}

function decoder(key: string): Duplex {
  return key.endsWith('.gz') ? createGunzip() : createZstdDecompress();
}
