import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { Admin, Producer } from '@platformatic/kafka';
import type { Metadata } from '../../../infra/local/kafka-properties.ts';
import { KafkaCluster } from '../../../infra/local/kafka-cluster.ts';
import type { Properties } from '../../../infra/local/properties.ts';
import { ObjectStore } from '../../../infra/local/object-store.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { StoreProxy } from '../../faults/store-proxy.ts';
import { Fixture } from './fixture.ts';

export interface HarnessOptions {
  /** @default 'zookeeper' */
  readonly metadata?: Metadata;
  /** Of the broker, besides the usual ones. */
  readonly properties?: Properties;
}

export interface FixtureOptions {
  /** @default 1 */
  readonly partitions?: number;
  /** Of the topic. */
  readonly configs?: Readonly<Record<string, string>>;
}

/** A real broker and a real store with a proxy before it, for the tests of one file. Each test takes a fixture. */
export class Harness {
  readonly directory: string;
  readonly kafka: KafkaCluster;
  readonly store: ObjectStore;
  readonly proxy: StoreProxy;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly s3: S3Client;
  readonly #fixtures: Fixture[] = [];

  private constructor(directory: string, kafka: KafkaCluster, store: ObjectStore, proxy: StoreProxy) {
    this.directory = directory;
    this.kafka = kafka;
    this.store = store;
    this.proxy = proxy;
    const client = { clientId: 'harness', bootstrapBrokers: kafka.bootstrapServers.split(',') };
    this.admin = new Admin({ ...client, retries: 5, retryDelay: 200 });
    this.producer = new Producer({ ...client, retries: 5, retryDelay: 200 });
    this.s3 = store.client();
    // The consumers of the tests find them where the SDK looks first.
    process.env['AWS_ACCESS_KEY_ID'] = store.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = store.credentials.secretAccessKey;
  }

  static async start({ metadata = 'zookeeper', properties = {} }: HarnessOptions = {}): Promise<Harness> {
    const directory = await mkdtemp(join(tmpdir(), 'headwater-consumer-'));
    try {
      const kafka = await KafkaCluster.create({ host: process, directory, brokers: 1, metadata, properties });
      const store = await ObjectStore.create({ host: process, directory, bucket: 'events' });
      const harness = new Harness(directory, kafka, store, await StoreProxy.listen(store.endpoint));
      try {
        await Promise.all([kafka.start(), store.start()]);
        return harness;
      } catch (error) {
        await harness.stop();
        throw error;
      }
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** A topic, a group and a prefix of their own. */
  async fixture({ partitions = 1, configs = {} }: FixtureOptions = {}): Promise<Fixture> {
    const topic = `fixture-${this.#fixtures.length}`;
    const fixture = new Fixture(this, topic, partitions, await this.makeTopic(topic, partitions, configs));
    this.#fixtures.push(fixture);
    return fixture;
  }

  /** @returns the topic's id as Kafka's tools print it */
  async makeTopic(
    topic: string,
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const settings = Object.entries(configs).map(([name, value]) => ({ name, value }));
    // Refused for a while after one of the same name was deleted.
    await waitUntil(
      async () => {
        await this.admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: settings });
        return true;
      },
      { what: `made: topic ${topic}`, deadlineMs: 60_000, everyMs: 200 },
    );
    return waitUntil(
      async () => {
        const { topics } = await this.admin.metadata({ topics: [topic], forceUpdate: true });
        const found = topics.get(topic);
        const isLed =
          found?.partitions.length === partitions && found.partitions.every(({ leader }) => leader > 0);
        return isLed && Buffer.from(found.id.replaceAll('-', ''), 'hex').toString('base64url');
      },
      { what: `topic ${topic}, led in every partition`, deadlineMs: 60_000 },
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#fixtures.map((fixture) => fixture.stop()));
    await Promise.all([this.admin.close(), this.producer.close(), this.proxy.close()]);
    this.s3.destroy();
    await Promise.all([this.kafka.stop(), this.store.stop()]);
    await rm(this.directory, { recursive: true, force: true });
  }
}
