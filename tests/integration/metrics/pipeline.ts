import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scrapedPods } from '../../../infra/charts/scraped-pods.ts';
import { jobOf } from '../../../infra/constructs/cluster/monitoring.ts';
import { zookeeper } from '../../../infra/constructs/kafka/kafka-metadata.ts';
import { ZOOKEEPER_METRICS_PORT } from '../../../infra/constructs/zookeeper/zookeeper.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import {
  createConsumer,
  createProducer,
  makeTopics,
  type Application,
} from '../../../infra/local/application.ts';
import { ObjectStore } from '../../../infra/local/object-store.ts';
import { ownStore } from '../../../infra/local/up/store-access.ts';
import { metadataOf, startBroker } from './broker.ts';
import { startEnsemble } from './ensemble.ts';
import type { Target } from './prometheus.ts';

const ZOOKEEPER_SERVERS = 3;

export interface MeteredPipeline {
  readonly producer: Application;
  /** What serves metrics, by the jobs of the environment. */
  readonly targets: readonly Target[];
}

/** The programs and servers of an environment, one pod each but three of ZooKeeper, and a load. They end with the test. */
export async function startPipeline(t: TestContext, environment: Environment): Promise<MeteredPipeline> {
  const { eventsTopic, topics, kafka } = environment;
  const { mode } = kafka.metadata;
  const hosts = mode === 'zookeeper' ? (await startEnsemble(t, ZOOKEEPER_SERVERS)).hosts : [];
  const metadata =
    mode === 'zookeeper'
      ? zookeeper({ connect: hosts.map((host) => `${host}:2181`).join(',') }, { version: '3.9.2' })
      : await metadataOf(t, mode);
  const broker = await startBroker(t, metadata);
  const directory = mkdtempSync(join(tmpdir(), 'headwater-dashboards-'));
  const store = await ObjectStore.create({ host: process, directory, bucket: 'events' });
  const running: { stop(): Promise<unknown> }[] = [store];
  t.after(async () => {
    for (const each of running.reverse()) await each.stop();
    rmSync(directory, { recursive: true });
  });
  await store.start();
  const { partitions = 1 } = topics[eventsTopic] ?? {};
  await makeTopics(process, broker.bootstrapServers, [{ name: eventsTopic, partitions }]);
  const variables = { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers, KAFKA_TOPIC: eventsTopic };
  const consumer = await createConsumer({
    host: process,
    directory,
    variables: {
      ...variables,
      KAFKA_GROUP_ID: 'events-to-store',
      ...ownStore(store).variables,
      FLUSH_MAX_AGE_MS: '500',
    },
  });
  const producer = await createProducer({
    host: process,
    directory,
    variables: { ...variables, DRAIN_DELAY_MS: '0' },
  });
  running.push(consumer, producer);
  await Promise.all([consumer.start(), producer.start()]);
  const served: Readonly<Record<string, readonly string[]>> = {
    'zookeeper-server': hosts.map((host) => `${host}:${ZOOKEEPER_METRICS_PORT}`),
    // One node is both.
    'kafka-controller': [broker.metrics],
    'kafka-broker': [broker.metrics],
    'producer-collection': [new URL(producer.endpoint).host],
    'consumer-collection': [new URL(consumer.endpoint).host],
  };
  const targets = scrapedPods(environment).flatMap(({ namespace, identity }): Target[] => {
    const job = jobOf(namespace, identity);
    return (served[job.split('/')[1] ?? ''] ?? []).map((address) => ({ job, address }));
  });
  return { producer, targets };
}

/** Some events, and some that are refused, until it is ended. */
export function load(t: TestContext, { endpoint }: Application): void {
  const ended = new AbortController();
  const upload = async (body: string): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${endpoint}/upload`, { method: 'POST', body, headers });
    await response.arrayBuffer();
  };
  const running = (async () => {
    for (let n = 0; !ended.signal.aborted; n += 1) {
      await Promise.all([upload(`{"n":${n}}`), upload(`{"m":${n}}`), upload('{')]).catch(() => undefined);
      await sleep(50);
    }
  })();
  t.after(async () => {
    ended.abort();
    await running;
  });
}
