import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Admin } from '@platformatic/kafka';
import { createProducer } from '../../infra/local/application.ts';
import { Cache } from '../../infra/local/cache.ts';
import { runCommand } from '../../infra/local/command.ts';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';
import { ManagedProcess } from '../../infra/local/managed-process.ts';
import { findFreePort } from '../../infra/local/ports.ts';
import { waitUntil } from '../../infra/local/wait.ts';

const host = process;
/** What the rival is made of, the newest that PyPI had when the figures were taken. */
const FLASK_STACK = ['Flask==3.1.3', 'gunicorn==27.0.1', 'kafka-python==3.0.12', 'crc32c==2.9.post0'];
/** One for each core. */
const FLASK_WORKERS = 2;

/** An HTTP server under measurement. */
export interface Subject {
  readonly name: string;
  readonly endpoint: string;
  readonly pid: number;
}

/** Three brokers on this machine, and what is measured before them. */
export class Lab {
  readonly kafka: KafkaCluster;
  readonly directory: string;
  /** Aborts when the lab is stopped. */
  readonly signal: AbortSignal;
  readonly #admin: Admin;
  readonly #processes: ManagedProcess[] = [];
  readonly #stopping = new AbortController();

  private constructor(kafka: KafkaCluster, directory: string) {
    this.kafka = kafka;
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
    });
    return new Lab(kafka, directory);
  }

  async start(): Promise<void> {
    await this.kafka.start();
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

  async startHeadwater(topic: string): Promise<Subject> {
    const producer = await createProducer({
      host,
      directory: this.directory,
      name: `headwater-${topic}`,
      variables: {
        KAFKA_BOOTSTRAP_SERVERS: this.kafka.bootstrapServers,
        KAFKA_TOPIC: topic,
        LOG_LEVEL: 'warn',
      },
    });
    this.#processes.push(producer);
    await producer.start();
    return { name: 'headwater', endpoint: producer.endpoint, pid: producer.pid ?? 0 };
  }

  /** The same HTTP side; a record counts as stored at once. */
  startCeiling(): Promise<Subject> {
    const entry = fileURLToPath(new URL('upload/ceiling.ts', import.meta.url));
    return this.#serve('ceiling', (port) => ({ command: [host.execPath, entry, String(port)] }));
  }

  /** Flask under gunicorn with threads, each waiting for the acknowledgement of one shared producer a worker. */
  async startFlask(topic: string, connections: number): Promise<Subject> {
    const packages = await Cache.of(host).entry('bench-flask', FLASK_STACK, (directory) =>
      runCommand('python3', ['-m', 'pip', 'install', '--quiet', '--target', directory, ...FLASK_STACK], {
        host,
        cwd: directory,
      }),
    );
    const threads = Math.ceil(connections / FLASK_WORKERS);
    return this.#serve('flask', (port) => ({
      command: [
        ...([
          'python3',
          '-m',
          'gunicorn',
          '--bind',
          `127.0.0.1:${port}`,
          '--worker-class',
          'gthread',
        ] as const),
        ...['--workers', String(FLASK_WORKERS), '--threads', String(threads), '--keep-alive', '75'],
        ...['--worker-connections', String(2 * connections), '--backlog', '4096', 'flask_producer:app'],
      ],
      environment: {
        PYTHONPATH: `${packages}:${fileURLToPath(new URL('rivals', import.meta.url))}`,
        PYTHONDONTWRITEBYTECODE: '1',
        KAFKA_BOOTSTRAP_SERVERS: this.kafka.bootstrapServers,
        KAFKA_TOPIC: topic,
      },
    }));
  }

  /** Ends one server, so that the next is measured alone. */
  async end({ pid }: Subject): Promise<void> {
    await this.#processes.find((candidate) => candidate.pid === pid)?.stop();
  }

  /** Ends everything, at whatever point it is. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the lab is stopped'));
    await Promise.all(this.#processes.map((each) => each.stop()));
    await this.#admin.close();
    await this.kafka.stop();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #serve(
    name: string,
    describe: (port: number) => {
      command: readonly [string, ...string[]];
      environment?: Readonly<Record<string, string>>;
    },
  ): Promise<Subject> {
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
}
