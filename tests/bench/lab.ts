import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import type { ConsumerVariables } from '../../apps/consumer/config.ts';
import type { ProducerVariables } from '../../apps/producer/config.ts';
import { createConsumer, createProducer, type Application } from '../../infra/local/application.ts';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';
import { ManagedProcess } from '../../infra/local/managed-process.ts';
import { ObjectStore } from '../../infra/local/object-store.ts';
import { findFreePort } from '../../infra/local/ports.ts';
import { ownStore } from '../../infra/local/up/store-access.ts';
import { waitUntil } from '../../infra/local/wait.ts';

const host = process;

/** An HTTP server under measurement. */
export interface Subject {
  readonly name: string;
  readonly endpoint: string;
  readonly pid: number;
}

export interface ServerDescription {
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface HeadwaterOptions {
  /** Tells several of one topic apart. @default 1 */
  readonly number?: number;
  readonly variables?: Pick<ProducerVariables, 'QUEUE_MAX_RECORDS'> & { readonly NODE_OPTIONS?: string };
}

/** Three brokers and an S3 server on this machine, and what is measured before them. */
export class Lab {
  readonly kafka: KafkaCluster;
  readonly store: ObjectStore;
  readonly directory: string;
  /** Aborts when the lab is stopped. */
  readonly signal: AbortSignal;
  readonly #admin: Admin;
  readonly #processes: ManagedProcess[] = [];
  readonly #stopping = new AbortController();

  private constructor(kafka: KafkaCluster, store: ObjectStore, directory: string) {
    this.kafka = kafka;
    this.store = store;
    this.directory = directory;
    this.signal = this.#stopping.signal;
    this.#admin = new Admin({ clientId: 'bench', bootstrapBrokers: kafka.bootstrapServers.split(',') });
  }

  /** Prepares a lab; {@link start} runs it. */
  static async create(): Promise<Lab> {
    const directory = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
    const properties = { 'log.segment.delete.delay.ms': 1_000 };
    const kafka = await KafkaCluster.create({
      host,
      directory,
      brokers: 3,
      metadata: 'zookeeper',
      properties,
      lifetime: 'long',
    });
    const store = await ObjectStore.create({ host, directory, bucket: 'bench' });
    return new Lab(kafka, store, directory);
  }

  async start(): Promise<void> {
    await Promise.all([this.kafka.start(), this.store.start()]);
  }

  /** Resolves once every replica of every partition is in sync: replication 3, min.insync 2. */
  async makeTopic(topic: string, partitions: number): Promise<void> {
    await this.#admin.createTopics({ topics: [topic], partitions, replicas: 3 });
    await waitUntil(
      async () => {
        const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
        const found = topics.get(topic)?.partitions ?? [];
        return found.length === partitions && found.every(({ isr }) => isr.length === 3);
      },
      { what: `in sync: ${topic}`, deadlineMs: 60_000 },
    );
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /** Our producer of one topic, at its defaults but for `variables`. */
  async startHeadwater(topic: string, { number = 1, variables }: HeadwaterOptions = {}): Promise<Subject> {
    const producer = await createProducer({
      host,
      directory: this.directory,
      name: `headwater-${topic}-${number}`,
      variables: {
        KAFKA_BOOTSTRAP_SERVERS: this.kafka.bootstrapServers,
        KAFKA_TOPIC: topic,
        LOG_LEVEL: 'warn',
        ...variables,
      },
    });
    this.#processes.push(producer);
    await producer.start();
    return { name: 'headwater', endpoint: producer.endpoint, pid: producer.pid ?? 0 };
  }

  /** A consumer of one topic at its defaults, which stores below a prefix of this name; not started. */
  async consumer(
    name: string,
    topic: string,
    variables: Pick<ConsumerVariables, 'OBJECT_CODEC' | 'FLUSH_MAX_AGE_MS'>,
  ): Promise<Application> {
    const consumer = await createConsumer({
      host,
      directory: this.directory,
      name,
      variables: {
        KAFKA_BOOTSTRAP_SERVERS: this.kafka.bootstrapServers,
        KAFKA_TOPIC: topic,
        KAFKA_GROUP_ID: name,
        LOG_LEVEL: 'warn',
        ...ownStore(this.store).variables,
        STORE_PREFIX: name,
        ...variables,
      },
    });
    this.#processes.push(consumer);
    return consumer;
  }

  /** Removes what was stored below a prefix: the disk is small. */
  async removeObjects(prefix: string): Promise<void> {
    await rm(join(this.store.files, prefix), { recursive: true, force: true });
  }

  /** Starts a server and waits until it answers `/livez`. */
  async serve(name: string, describe: (port: number) => ServerDescription): Promise<Subject> {
    const port = await findFreePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const server = new ManagedProcess({
      host,
      name: `${name}-${port}`,
      directory: this.directory,
      ...describe(port),
      isReady: async () => {
        const answer = await fetch(`${endpoint}/livez`, { signal: AbortSignal.timeout(2_000) });
        await answer.arrayBuffer();
        return answer.ok;
      },
    });
    this.#processes.push(server);
    await server.start();
    console.log(`${name} serves ${endpoint}`);
    return { name, endpoint, pid: server.pid ?? 0 };
  }

  /** Ends one server, so that the next is measured alone. */
  async end({ pid }: Subject): Promise<void> {
    await this.#processes.find((candidate) => candidate.pid === pid)?.stop();
  }

  /** Ends everything, at whatever point it is. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the lab is stopped'));
    await Promise.all([...this.#processes.map((each) => each.stop()), this.store.stop()]);
    await this.#admin.close();
    await this.kafka.stop();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
