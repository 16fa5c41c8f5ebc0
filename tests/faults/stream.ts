import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ListOffsetTimestamps } from '@platformatic/kafka';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { createConsumer, createProducer, type Application } from '../../infra/local/application.ts';
import type { Host } from '../../infra/local/host.ts';
import type { KafkaCluster } from '../../infra/local/kafka-cluster.ts';
import type { ObjectStore } from '../../infra/local/object-store.ts';
import { verifyStore, type Verification } from '../../infra/local/verify.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import type { ConsumerVariables } from '../../apps/consumer/config.ts';
import type { ProducerVariables } from '../../apps/producer/config.ts';
import { Load, type LoadOptions } from './load.ts';
import { CommitSampler, type ClusterObserver } from './samples.ts';
import type { StoreProxy } from './store-proxy.ts';

export interface StreamOptions {
  /** @default 6 */
  readonly partitions?: number;
}

/** What a stream takes of the platform that its file's tests share. */
export interface StreamPlatform {
  readonly host: Host;
  readonly directory: string;
  readonly kafka: KafkaCluster;
  readonly store: ObjectStore;
  readonly storeProxy: StoreProxy;
  readonly observer: ClusterObserver;
  readonly s3: S3Client;
  readonly brokers: number;
}

/** One topic from end to end: its producers and consumers, its part of the store, and the load upon it. */
export class Stream {
  readonly topic: string;
  readonly partitions: number;
  /** Of the topic as it was made first. */
  readonly topicId: string;
  readonly #platform: StreamPlatform;
  readonly #applications: Application[] = [];
  readonly #loads: Load[] = [];
  readonly #sampler: CommitSampler;

  private constructor(platform: StreamPlatform, topic: string, topicId: string, partitions: number) {
    this.#platform = platform;
    this.topic = topic;
    this.topicId = topicId;
    this.partitions = partitions;
    this.#sampler = new CommitSampler({
      observer: platform.observer,
      groupId: this.groupId,
      topic,
      topicId,
      partitions,
      chainEnd: (id, partition) => platform.storeProxy.chainEnd(id, partition),
    });
  }

  static async create(
    platform: StreamPlatform,
    topic: string,
    { partitions = 6 }: StreamOptions,
  ): Promise<Stream> {
    const topicId = await makeTopic(platform, topic, partitions);
    return new Stream(platform, topic, topicId, partitions);
  }

  get groupId(): string {
    return `${this.topic}-to-store`;
  }

  get prefix(): string {
    return `of-${this.topic}`;
  }

  /**
   * Deletes the topic and makes another one of the same name. Commits are not sampled from here on: the broker
   * forgets those of the old topic at its own time.
   *
   * @returns its id
   */
  async remakeTopic(): Promise<string> {
    await this.#sampler.stop();
    const { observer } = this.#platform;
    await observer.admin.deleteTopics({ topics: [this.topic] });
    // Refused until the broker has got rid of the old one.
    return waitUntil(() => makeTopic(this.#platform, this.topic, this.partitions), {
      what: `made again: topic ${this.topic}`,
      deadlineMs: 60_000,
      everyMs: 500,
    });
  }

  async startProducer(variables: Partial<ProducerVariables> = {}): Promise<Application> {
    const { host, kafka } = this.#platform;
    const producer = await createProducer({
      host,
      directory: join(this.#platform.directory, this.topic),
      name: this.#name('producer'),
      variables: {
        KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
        KAFKA_TOPIC: this.topic,
        ...variables,
      },
    });
    return this.#start(producer);
  }

  /** Starts a consumer that writes small objects often, so that faults meet it at every step. */
  async startConsumer(variables: Partial<ConsumerVariables> = {}): Promise<Application> {
    const { host, kafka, store, storeProxy } = this.#platform;
    const consumer = await createConsumer({
      host,
      directory: join(this.#platform.directory, this.topic),
      name: this.#name('consumer'),
      variables: {
        KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
        KAFKA_TOPIC: this.topic,
        KAFKA_GROUP_ID: this.groupId,
        STORE_ENDPOINT: storeProxy.endpoint,
        STORE_BUCKET: store.bucket,
        STORE_PREFIX: this.prefix,
        STORE_REGION: store.region,
        STORE_PATH_STYLE: 'true',
        AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
        FLUSH_MAX_RECORDS: '50',
        FLUSH_MAX_AGE_MS: '500',
        SESSION_TIMEOUT_MS: '6000',
        ...variables,
      },
    });
    return this.#start(consumer);
  }

  load(options: LoadOptions): Load {
    const load = new Load(options);
    this.#loads.push(load);
    return load;
  }

  /** A committed-offset sample now; at each kill, besides those taken all the time. */
  async sampleCommits(): Promise<void> {
    await this.#sampler.sample();
  }

  /** Waits until everything in the topic is stored and committed. @returns after how many milliseconds. */
  async drained(deadlineMs: number, topicId = this.topicId): Promise<number> {
    const { observer, storeProxy } = this.#platform;
    const begun = performance.now();
    await waitUntil(
      async () => {
        const ends = await this.#logEnds();
        const committed = await observer.committed(this.groupId, this.topic, this.partitions);
        return ends.every(
          (end, partition) =>
            storeProxy.chainEnd(topicId, partition) === end &&
            (end === 0 || committed.get(partition) === end),
        );
      },
      { what: `drained: ${this.topic}`, deadlineMs, everyMs: 100 },
    );
    return performance.now() - begun;
  }

  /** Waits until everything in one partition is stored. */
  async partitionDrained(partition: number, deadlineMs: number): Promise<void> {
    await waitUntil(async () => (await this.#logEnds())[partition] === this.chainEnd(partition), {
      what: `drained: ${this.topic} partition ${partition}`,
      deadlineMs,
    });
  }

  /**
   * Judges everything that was sent and stored, and fails the test with each broken promise by name. Ends the load.
   *
   * @returns the verification, for what else a test asks
   */
  async verify(t: TestContext): Promise<Verification> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    const attempts = this.#loads.flatMap(({ ledger }) => [...ledger.attempts]);
    const { s3, store } = this.#platform;
    const verification = await verifyStore(
      s3,
      { bucket: store.bucket, prefix: this.prefix },
      { ledger: { requestIdPrefix: '', attempts }, commits: this.#sampler.samples },
    );
    const { accepted, refused, unknown, stored, storedUnknown, objects, absent, commitSamples } =
      verification;
    t.diagnostic(
      `${attempts.length} attempts: ${accepted} accepted, ${refused} refused, ${unknown} unknown (${storedUnknown} stored); ` +
        `${stored} stored in ${objects} objects; ${commitSamples} samples of commits`,
    );
    assert.deepEqual(verification.violations, []);
    assert.ok(accepted > 0, 'nothing was accepted');
    assert.equal(absent, 0);
    assert.ok(commitSamples > 0, 'no commit was sampled');
    return verification;
  }

  /** Committed offsets by partition. */
  committed(): Promise<Map<number, number>> {
    return this.#platform.observer.committed(this.groupId, this.topic, this.partitions);
  }

  /** Records in the topic that are not in the store. */
  async lag(): Promise<number> {
    const ends = await this.#logEnds();
    return ends.reduce((sum, end, partition) => sum + end - this.chainEnd(partition), 0);
  }

  /** Of the topic as it was made first. */
  chainEnd(partition: number): number {
    return this.#platform.storeProxy.chainEnd(this.topicId, partition);
  }

  /** ETag and size of every object of this stream, by key. */
  async objects(): Promise<Map<string, string>> {
    const { s3, store } = this.#platform;
    const found = new Map<string, string>();
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: store.bucket,
          Prefix: `${this.prefix}/`,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      for (const { Key = '', ETag = '', Size = 0 } of page.Contents ?? []) found.set(Key, `${ETag} ${Size}`);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    await this.#sampler.stop();
    await Promise.all(this.#applications.map((application) => application.stop()));
  }

  #name(program: string): string {
    return `${program}-${this.#applications.length}`;
  }

  async #start(application: Application): Promise<Application> {
    this.#applications.push(application);
    await application.start();
    return application;
  }

  async #logEnds(): Promise<number[]> {
    const [listed] = await this.#platform.observer.admin.listOffsets({
      topics: [
        {
          name: this.topic,
          partitions: Array.from({ length: this.partitions }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp: ListOffsetTimestamps.LATEST,
          })),
        },
      ],
    });
    const ends = new Array<number>(this.partitions).fill(0);
    for (const { partitionIndex, offset } of listed?.partitions ?? []) ends[partitionIndex] = Number(offset);
    return ends;
  }
}

async function makeTopic(platform: StreamPlatform, topic: string, partitions: number): Promise<string> {
  const { observer, brokers } = platform;
  await observer.admin.createTopics({ topics: [topic], partitions, replicas: brokers });
  await waitUntil(
    async () => {
      const states = await observer.partitions(topic);
      return states.length === partitions && states.every(({ leader }) => leader > 0);
    },
    { what: `led in every partition: ${topic}`, deadlineMs: 60_000 },
  );
  return observer.topicId(topic);
}
