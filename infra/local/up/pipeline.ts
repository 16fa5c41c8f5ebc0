import { join } from 'node:path';
import headwater from '../../../package.json' with { type: 'json' };
import type { SourceSettings } from '../../../apps/producer/sources/settings.ts';
import { createConsumer, createProducer, makeTopics, type Application } from '../application.ts';
import type { Host, Progress } from '../host.ts';
import { KafkaCluster, versionOf } from '../kafka-cluster.ts';
import type { ManagedProcess } from '../managed-process.ts';
import { ObjectStore } from '../object-store.ts';
import { findFreePort, isPortFree } from '../ports.ts';
import type { Toolchain } from '../toolchain.ts';
import { verifyStore, type Verification } from '../verify.ts';
import type { Ledger } from '../verify/attempts.ts';
import { readAvailableFigures, readFigures, type Figures } from './figures.ts';
import { Keeper } from './keeper.ts';
import type { OwnKafka, UserStore } from './options.ts';
import type { Running } from './state.ts';
import { ownStore, userStore, type StoreAccess } from './store-access.ts';

const TOPIC = 'events';
const PARTITIONS = 6;
const BUCKET = 'headwater';
/** A usual port of S3 servers; any other works as well. */
const STORE_PORT = 9000;
const SOURCES = JSON.stringify({
  events: { who: 'open', reason: 'the producer listens on loopback' },
} satisfies SourceSettings);

/** Small, so that objects appear soon, and a killed consumer is replaced soon. */
const DEMO = { FLUSH_MAX_RECORDS: '1000', FLUSH_MAX_AGE_MS: '2000', SESSION_TIMEOUT_MS: '6000' } as const;

export interface PipelineOptions {
  readonly host: Host;
  readonly directory: string;
  readonly toolchain: Toolchain;
  readonly progress: Progress;
  /** Ends the start. */
  readonly signal: AbortSignal;
  /** Bootstrap servers of the user's own, or what to start. */
  readonly kafka: string | OwnKafka;
  readonly store: UserStore | undefined;
  /** Of the producer; undefined for any free one. */
  readonly port: number | undefined;
}

/** All processes of one pipeline. */
export class Pipeline {
  /** Aborts when a process cannot be kept running, with the reason. */
  readonly broken: AbortSignal;
  readonly #options: PipelineOptions;
  readonly #keeper: Keeper;
  #kafka: KafkaCluster | undefined;
  #objectStore: ObjectStore | undefined;
  #consumer: Application | undefined;
  #producer: Application | undefined;
  #access: StoreAccess | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#keeper = new Keeper(options.progress);
    this.broken = this.#keeper.broken;
  }

  /** @throws {Error} if a part does not become ready; {@link stop} ends the others */
  async start(): Promise<Running> {
    const { host, directory, toolchain, progress, signal, port, store, kafka } = this.#options;
    if (store === undefined) this.#objectStore = await this.#createObjectStore();
    if (typeof kafka !== 'string') {
      const own = join(directory, `${kafka.metadata}-${kafka.brokers}`);
      this.#kafka = await KafkaCluster.create({ host, directory: own, toolchain, ...kafka });
    }
    signal.throwIfAborted();
    progress('starting Kafka and the object store');
    await Promise.all([this.#kafka?.start(), this.#objectStore?.start()]);
    this.#access = store ? userStore(store, host) : ownStore(requireStarted(this.#objectStore));
    const bootstrapServers = typeof kafka === 'string' ? kafka : requireStarted(this.#kafka).bootstrapServers;
    signal.throwIfAborted();
    progress('making the topic');
    // A topic that exists in the user's Kafka is not changed.
    const topic = { name: TOPIC, ...(this.#kafka && { partitions: PARTITIONS }) };
    await makeTopics(host, bootstrapServers, [topic], signal);
    progress('starting the producer and the consumer');
    const variables = { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, KAFKA_TOPIC: TOPIC };
    this.#consumer = await createConsumer({
      host,
      directory,
      variables: { ...variables, ...DEMO, ...this.#access.variables, KAFKA_GROUP_ID: `${TOPIC}-to-store` },
    });
    this.#producer = await createProducer({
      host,
      directory,
      // No load balancer needs to notice first.
      variables: { ...variables, DRAIN_DELAY_MS: '0', SOURCES },
      ...(port !== undefined && { port }),
    });
    signal.throwIfAborted();
    await Promise.all([this.#consumer.start(), this.#producer.start()]);
    this.#keeper.keep(this.processes);
    return {
      producer: this.#producer.endpoint,
      consumer: this.#consumer.endpoint,
      kafka: bootstrapServers,
      topic: TOPIC,
      objects: this.#access.description,
      store: this.#access.address,
      versions: {
        Headwater: headwater.version,
        ...(typeof kafka !== 'string' && { Kafka: versionOf(kafka.metadata) }),
      },
    };
  }

  /** In the order in which they were started. */
  get processes(): readonly ManagedProcess[] {
    const parts = [this.#objectStore, ...(this.#kafka?.processes ?? []), this.#consumer, this.#producer];
    return parts.filter((part) => part !== undefined);
  }

  figures(): Promise<Figures> {
    return readFigures(this.#endpoints);
  }

  /** Without those of a program that is restarting. */
  availableFigures(): Promise<Partial<Figures>> {
    return readAvailableFigures(this.#endpoints);
  }

  get #endpoints(): { producer: string; consumer: string } {
    return {
      producer: requireStarted(this.#producer).endpoint,
      consumer: requireStarted(this.#consumer).endpoint,
    };
  }

  /** Verifies everything below the prefix. */
  async verify(ledger: Ledger): Promise<Verification> {
    const { client: connect, location } = requireStarted(this.#access);
    const client = connect();
    try {
      return await verifyStore(client, location, { ledger });
    } finally {
      client.destroy();
    }
  }

  /** In the direction of the data: accepted events are passed on before the next part stops. */
  async stop(): Promise<void> {
    this.#keeper.letGo();
    await this.#producer?.stop();
    await this.#consumer?.stop();
    await this.#kafka?.stop();
    await this.#objectStore?.stop();
    await this.#keeper.finished();
  }

  /**
   * Kills all processes at once. Acknowledged records are in the operating system's page cache and are still written.
   */
  kill(): void {
    this.#keeper.letGo();
    for (const process of this.processes) if (process.pid !== undefined) process.signal('SIGKILL');
  }

  async #createObjectStore(): Promise<ObjectStore> {
    const { host, directory, toolchain } = this.#options;
    const port = (await isPortFree(STORE_PORT)) ? STORE_PORT : await findFreePort();
    return ObjectStore.create({ host, directory, toolchain, bucket: BUCKET, port });
  }
}

function requireStarted<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the pipeline is not started');
  return part;
}
