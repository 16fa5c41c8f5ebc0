import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { runCommand } from './command.ts';
import type { Host } from './host.ts';
import { javaCommand, type Lifetime } from './java-command.ts';
import { brokerProperties, type Metadata } from './kafka-properties.ts';
import { ManagedProcess, type ProcessOptions } from './managed-process.ts';
import { findFreePorts } from './ports.ts';
import { makePrivateDirectory } from './private-directory.ts';
import type { Properties } from './properties.ts';
import { Toolchain, type JavaServer, type JarSet } from './toolchain.ts';
import { waitUntil } from './wait.ts';
import { ZooKeeper } from './zookeeper.ts';

export interface KafkaClusterOptions {
  readonly host: Host;
  /** Directory of data, configuration, logs and pid files. A new cluster on it has the records of the previous one. */
  readonly directory: string;
  /** With three brokers, all three replicate and two must acknowledge. */
  readonly brokers: 1 | 3;
  /** Kafka 3.9 with ZooKeeper, or Kafka 4 without. */
  readonly metadata: Metadata;
  /** @default the usual cache, silently */
  readonly toolchain?: Toolchain;
  /** Additional broker properties, which override ours. */
  readonly properties?: Properties;
  /** Lifetime of the brokers; `long` pays off after minutes under load. @default short */
  readonly lifetime?: Lifetime;
}

const JAR_SETS: Readonly<Record<Metadata, JarSet>> = { zookeeper: 'kafka/3.9', kraft: 'kafka/4.4' };

/** Well above the session timeout. */
const REGISTRATION_DEADLINE_MS = 20_000;

/** Jar sets of a Kafka cluster with this metadata. */
export function jarSetsOf(metadata: Metadata): JarSet[] {
  return [...(metadata === 'zookeeper' ? (['zookeeper'] as const) : []), JAR_SETS[metadata]];
}

/** The release line of Kafka with this metadata. */
export function versionOf(metadata: Metadata): string {
  return JAR_SETS[metadata].slice('kafka/'.length);
}

/** One broker on loopback, which keeps its port and data through every restart. */
export class Broker extends ManagedProcess {
  readonly id: number;
  /** `host:port` for clients. */
  readonly endpoint: string;

  constructor(id: number, endpoint: string, options: ProcessOptions) {
    super(options);
    this.id = id;
    this.endpoint = endpoint;
  }

  /**
   * Like any process. After a SIGKILL ZooKeeper rejects the broker until its old session expires, so the start is
   * repeated until it succeeds.
   */
  override async start(): Promise<void> {
    const deadline = performance.now() + REGISTRATION_DEADLINE_MS;
    for (;;) {
      try {
        await super.start();
        return;
      } catch (error) {
        const refused = error instanceof Error && error.message.includes('NodeExistsException');
        if (!refused || performance.now() > deadline) throw error;
      }
    }
  }
}

/** Brokers on loopback, and the ZooKeeper they need, if any. */
export class KafkaCluster {
  readonly brokers: readonly Broker[];
  readonly zooKeeper: ZooKeeper | undefined;

  private constructor(brokers: readonly Broker[], zooKeeper: ZooKeeper | undefined) {
    this.brokers = brokers;
    this.zooKeeper = zooKeeper;
  }

  /** Prepares a cluster on its directory; {@link start} runs it. */
  static async create(options: KafkaClusterOptions): Promise<KafkaCluster> {
    const { host, metadata, toolchain = new Toolchain({ host }) } = options;
    const server = await toolchain.fastJavaServer(JAR_SETS[metadata], (slow, archive, directory) =>
      this.#prepare({ host, directory, brokers: 1, metadata, toolchain }, slow, archive),
    );
    return this.#prepare({ ...options, toolchain }, server);
  }

  static async #prepare(
    options: KafkaClusterOptions & { readonly toolchain: Toolchain },
    server: JavaServer,
    writeClassArchive?: string,
  ): Promise<KafkaCluster> {
    const { host, directory, metadata, toolchain } = options;
    const zooKeeper =
      metadata === 'zookeeper' ? await ZooKeeper.create({ host, directory, toolchain }) : undefined;
    const ids = Array.from({ length: options.brokers }, (_, index) => index + 1);
    const ports = await findFreePorts(2 * ids.length);
    const nodes = ids.map((id) => ({ id, port: ports[id - 1] ?? 0, controllerPort: ports.at(-id) ?? 0 }));
    const voters = nodes.map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`).join(',');
    makePrivateDirectory(directory);
    const cluster = metadata === 'kraft' ? await clusterId(directory) : undefined;
    const brokers = nodes.map(async ({ id, port, controllerPort }) => {
      const logDir = join(directory, `kafka-${id}`);
      const propertiesFile = join(directory, `kafka-${id}.properties`);
      const text = brokerProperties({
        id,
        port,
        logDir,
        brokers: ids.length,
        metadata: zooKeeper
          ? { kind: 'zookeeper', endpoint: zooKeeper.endpoint }
          : { kind: 'kraft', controllerPort, voters },
        ...(options.properties && { overrides: options.properties }),
      });
      await writeFile(propertiesFile, text);
      if (cluster !== undefined) {
        await formatLogDir(host, server, { directory, logDir, propertiesFile, cluster });
      }
      const endpoint = `127.0.0.1:${port}`;
      return new Broker(id, endpoint, {
        host,
        name: `kafka-${id}`,
        directory,
        command: javaCommand({
          server,
          heapMegabytes: 384,
          ...(options.lifetime && { lifetime: options.lifetime }),
          system: logConfiguration(metadata, server),
          main: 'kafka.Kafka',
          args: [propertiesFile],
          writeClassArchive,
        }),
        isReady: () => knows(endpoint, [endpoint]),
        startDeadlineMs: 120_000,
      });
    });
    return new KafkaCluster(await Promise.all(brokers), zooKeeper);
  }

  /** `host:port` of every broker, separated by commas. */
  get bootstrapServers(): string {
    return this.brokers.map(({ endpoint }) => endpoint).join(',');
  }

  /** Every process of the cluster, in the order in which they start. */
  get processes(): readonly ManagedProcess[] {
    return [...(this.zooKeeper ? [this.zooKeeper] : []), ...this.brokers];
  }

  /** @throws {Error} where one of them does not become ready; none runs then */
  async start(): Promise<void> {
    try {
      await this.zooKeeper?.start();
      // Starts them together: a KRaft controller is ready only when a majority has started.
      await Promise.all(this.brokers.map((broker) => broker.start()));
      await waitUntil(() => this.#isWhole(), {
        what: 'known to each broker: all of them',
        deadlineMs: 60_000,
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops brokers first: a controlled shutdown needs ZooKeeper. */
  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()));
    await this.zooKeeper?.stop();
  }

  async #isWhole(): Promise<boolean> {
    const peers = this.brokers.map(({ endpoint }) => endpoint);
    return (await Promise.all(peers.map((endpoint) => knows(endpoint, peers)))).every(Boolean);
  }
}

function logConfiguration(metadata: Metadata, { configuration }: JavaServer): Record<string, string> {
  return metadata === 'zookeeper'
    ? { 'log4j.configuration': `file:${join(configuration, 'log4j.properties')}` }
    : { 'log4j2.configurationFile': join(configuration, 'log4j2.properties') };
}

/** Whether the broker responds, and knows these brokers and a controller. */
async function knows(endpoint: string, peers: readonly string[]): Promise<boolean> {
  const admin = new Admin({
    clientId: 'headwater-local',
    bootstrapBrokers: [endpoint],
    retries: 0,
    connectTimeout: 2_000,
    requestTimeout: 2_000,
  });
  try {
    const { brokers, controllerId } = await admin.metadata({ topics: [] });
    const known = new Set(Array.from(brokers.values(), ({ host, port }) => `${host}:${port}`));
    return controllerId >= 0 && peers.every((peer) => known.has(peer));
  } finally {
    await admin.close();
  }
}

interface LogDir {
  readonly directory: string;
  readonly logDir: string;
  readonly propertiesFile: string;
  readonly cluster: string;
}

/** KRaft brokers need a directory with the cluster's id; ZooKeeper assigns it itself. */
async function formatLogDir(
  host: Host,
  server: JavaServer,
  { directory, logDir, propertiesFile, cluster }: LogDir,
): Promise<void> {
  if (existsSync(join(logDir, 'meta.properties'))) return;
  const [java, ...args] = javaCommand({
    server,
    heapMegabytes: 128,
    main: 'kafka.tools.StorageTool',
    args: ['format', `--cluster-id=${cluster}`, `--config=${propertiesFile}`],
  });
  await runCommand(java, args, { host, cwd: directory });
}

/** One cluster id for all brokers of a directory, in Kafka's notation: base64url. */
async function clusterId(directory: string): Promise<string> {
  const path = join(directory, 'cluster-id');
  if (!existsSync(path)) {
    const id = randomBytes(16).toString('base64url');
    await writeFile(`${path}.unfinished`, id);
    await rename(`${path}.unfinished`, path);
  }
  return readFile(path, 'utf8');
}
