import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Admin, Reader, readRecordsBatches, type RecordsBatch } from '@platformatic/kafka';
import type { ProducerVariables } from '../../../apps/producer/config.ts';
import { createProducer, type Application } from '../../../infra/local/application.ts';
import { KafkaCluster } from '../../../infra/local/kafka-cluster.ts';
import type { Host } from '../../../infra/local/host.ts';
import type { Metadata } from '../../../infra/local/kafka-properties.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

const host: Host = {
  env: process.env,
  execPath: process.execPath,
  platform: process.platform,
  arch: process.arch,
  kill: (pid, signal) => process.kill(pid, signal),
};

/** A real cluster for the tests of one file; each test takes a topic and producers of its own. */
export class KafkaUnderTest {
  readonly kafka: KafkaCluster;
  readonly directory: string;
  readonly #admin: Admin;
  #producers = 0;

  private constructor(kafka: KafkaCluster, directory: string) {
    this.kafka = kafka;
    this.directory = directory;
    const bootstrapBrokers = kafka.bootstrapServers.split(',');
    this.#admin = new Admin({ clientId: 'test', bootstrapBrokers, retries: 5, retryDelay: 200 });
  }

  /** Prepares a cluster; nothing runs yet. */
  static async create(brokers: 1 | 3, metadata: Metadata = 'zookeeper'): Promise<KafkaUnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'headwater-producer-'));
    return new KafkaUnderTest(await KafkaCluster.create({ host, directory, brokers, metadata }), directory);
  }

  async stop(): Promise<void> {
    await this.#admin.close();
    await this.kafka.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async makeTopic(
    topic: string,
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const settings = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const replicas = this.kafka.brokers.length;
    // Refused for a while after one of the same name was deleted.
    await waitUntil(
      async () => {
        await this.#admin.createTopics({ topics: [topic], partitions, replicas, configs: settings });
        return true;
      },
      { what: `made: topic ${topic}`, deadlineMs: 60_000, everyMs: 200 },
    );
    await waitUntil(
      async () => (await this.leaders(topic)).filter((leader) => leader > 0).length === partitions,
      {
        what: `led in every partition: topic ${topic}`,
        deadlineMs: 60_000,
      },
    );
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /** The broker id that leads each partition. */
  async leaders(topic: string): Promise<number[]> {
    const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
    return topics.get(topic)?.partitions.map(({ leader }) => leader) ?? [];
  }

  /** A producer for one topic, ready, ended with the test. */
  async startProducer(
    t: TestContext,
    topic: string,
    variables: Partial<ProducerVariables> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Application> {
    const producer = await this.createProducer(t, topic, variables, environment);
    await producer.start();
    return producer;
  }

  async createProducer(
    t: TestContext,
    topic: string,
    variables: Partial<ProducerVariables> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Application> {
    const producer = await createProducer({
      host: { ...host, env: { ...process.env, ...environment } },
      directory: this.directory,
      name: `producer-${this.#producers++}`,
      variables: {
        KAFKA_BOOTSTRAP_SERVERS: this.kafka.bootstrapServers,
        KAFKA_TOPIC: topic,
        DRAIN_DELAY_MS: '0',
        ...variables,
      },
    });
    t.after(() => producer.stop());
    return producer;
  }

  /** Every batch of one partition as it stands in the log of one broker. */
  async batches(topic: string, partition = 0, broker = this.kafka.brokers[0]): Promise<RecordsBatch[]> {
    const directory = join(this.directory, `kafka-${broker?.id ?? 1}`, `${topic}-${partition}`);
    const batches: RecordsBatch[] = [];
    for (const name of (await readdir(directory)).filter((file) => file.endsWith('.log')).sort()) {
      const segment = await readFile(join(directory, name));
      // Segments are allocated ahead and end in zeroes.
      const reader = Reader.from(segment);
      batches.push(...readRecordsBatches(reader).filter(({ length }) => length > 0));
    }
    return batches;
  }

  /** The values of every record of one partition, in order. */
  async values(topic: string, partition = 0, broker = this.kafka.brokers[0]): Promise<string[]> {
    const batches = await this.batches(topic, partition, broker);
    return batches.flatMap(({ records }) => records.map(({ value }) => value?.toString() ?? ''));
  }

  /** How many connections a process has to the brokers now. */
  async connections(pid: number): Promise<number> {
    const ports = new Set(this.kafka.brokers.map(({ endpoint }) => Number(endpoint.split(':')[1])));
    const targets = (await readdir(`/proc/${pid}/fd`)).map((fd) =>
      readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''),
    );
    const own = new Set((await Promise.all(targets)).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
    const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8');
    return table.split('\n').filter((line) => {
      const [, , remote = '', , , , , , , inode] = line.trim().split(/\s+/);
      return own.has(inode) && ports.has(Number.parseInt(remote.split(':')[1] ?? '', 16));
    }).length;
  }
}

/** What a test asks of one answer. */
export interface UploadResponse {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly partition: number;
  readonly offset: number;
  readonly ms: number;
}

export async function upload(
  { endpoint }: Pick<Application, 'endpoint'>,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<UploadResponse> {
  const begun = performance.now();
  const response = await fetch(`${endpoint}/upload`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'content-type': 'text/plain', ...headers },
  });
  const answer = (await response.json()) as {
    partition?: number;
    offset?: number;
    error?: { code: string };
  };
  return {
    status: response.status,
    code: answer.error?.code,
    retryAfter: response.headers.get('retry-after'),
    partition: answer.partition ?? -1,
    offset: answer.offset ?? -1,
    ms: performance.now() - begun,
  };
}
