import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Host } from '../../infra/local/host.ts';
import type { Metadata } from '../../infra/local/kafka-properties.ts';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';
import type { Properties } from '../../infra/local/properties.ts';
import { ObjectStore } from '../../infra/local/object-store.ts';
import { ClusterObserver } from './samples.ts';
import { StoreProxy } from './store-proxy.ts';
import { Stream, type StreamOptions } from './stream.ts';

export interface PlatformOptions {
  readonly brokers: 1 | 3;
  /** @default 'zookeeper' */
  readonly metadata?: Metadata;
  /** Of the brokers, besides or instead of the usual. */
  readonly properties?: Properties;
}

/** A cluster and a store that the tests of one file share; each test takes a stream of its own. */
export class Platform {
  readonly host: Host = process;
  readonly directory: string;
  readonly kafka: KafkaCluster;
  readonly store: ObjectStore;
  /** What the consumers take for the store. */
  readonly storeProxy: StoreProxy;
  readonly observer: ClusterObserver;
  readonly s3: S3Client;
  readonly brokers: number;
  readonly #streams: Stream[] = [];

  private constructor(directory: string, kafka: KafkaCluster, store: ObjectStore, storeProxy: StoreProxy) {
    this.directory = directory;
    this.kafka = kafka;
    this.store = store;
    this.storeProxy = storeProxy;
    this.observer = new ClusterObserver(kafka.bootstrapServers);
    this.s3 = store.client();
    this.brokers = kafka.brokers.length;
  }

  static async start({ metadata = 'zookeeper', ...options }: PlatformOptions): Promise<Platform> {
    const host: Host = process;
    const directory = await mkdtemp(join(tmpdir(), 'headwater-faults-'));
    try {
      const kafka = await KafkaCluster.create({ host, directory, metadata, ...options });
      const store = await ObjectStore.create({ host, directory, bucket: 'events' });
      const storeProxy = await StoreProxy.listen(store.endpoint);
      const platform = new Platform(directory, kafka, store, storeProxy);
      try {
        await Promise.all([kafka.start(), store.start()]);
      } catch (error) {
        await platform.stop();
        throw error;
      }
      return platform;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** A topic, and the group, prefix and programs that belong to it alone. */
  async stream(name: string, options: StreamOptions = {}): Promise<Stream> {
    const stream = await Stream.create(this, name, options);
    this.#streams.push(stream);
    return stream;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.stop()));
    await this.observer.close();
    await this.storeProxy.close();
    this.s3.destroy();
    await Promise.all([this.kafka.stop(), this.store.stop()]);
    await rm(this.directory, { recursive: true, force: true });
  }
}
