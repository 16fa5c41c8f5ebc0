import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Size } from 'cdk8s';
import { nodeFiles } from '../../../infra/constructs/kafka-files.ts';
import type { KafkaNode, KafkaSecurity } from '../../../infra/constructs/kafka-listeners.ts';
import { kraft, zookeeper, type KafkaMetadata } from '../../../infra/constructs/kafka-metadata.ts';
import {
  brokerProperties,
  CERTIFICATE_PATH,
  VOLUME_PATH,
  type ServerSettings,
} from '../../../infra/constructs/kafka-properties.ts';
import { runCommand } from '../../../infra/local/command.ts';
import { javaCommand } from '../../../infra/local/java-command.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { Toolchain, type JavaServer } from '../../../infra/local/toolchain.ts';
import { ZooKeeper } from '../../../infra/local/zookeeper.ts';
import { writeCertificates } from './certificates.ts';

const SCRIPTS = join(import.meta.dirname, '../../../images/kafka/bin');
const BROKERS = 3;
const CLUSTER_ID = 'aGVhZHdhdGVyLXRlc3QtMQ';
const SECURITY: KafkaSecurity = {
  protocol: 'tls',
  certificateSecret: 'kafka-certificate-v1',
  clientAuthentication: 'scram-sha-512',
};

/** A broker that was started with the files that the manifests hold, and the gates of its pod. */
export class RenderedBroker extends ManagedProcess {
  readonly node: KafkaNode;
  readonly #directory: string;

  constructor(node: KafkaNode, directory: string, command: readonly [string, ...string[]]) {
    super({
      host: process,
      name: `rendered-${node.id}`,
      directory,
      command,
      isReady: () => this.isReady(),
      startDeadlineMs: 90_000,
    });
    this.node = node;
    this.#directory = directory;
  }

  /** What the readiness probe says. */
  async isReady(): Promise<boolean> {
    return (await this.#run('ready.sh', {})).code === 0;
  }

  /** Runs the preStop hook; resolves with what it wrote into the broker's log. */
  async beforeStop(timeoutSeconds: number): Promise<string> {
    const log = join(this.#directory, `before-stop-${this.node.id}.log`);
    writeFileSync(log, '');
    const { code } = await this.#run('before-stop.sh', {
      HEADWATER_LOG: log,
      DEPARTURE_TIMEOUT_S: String(timeoutSeconds),
      MIN_INSYNC_REPLICAS: '2',
    });
    if (code !== 0) throw new Error(`before-stop.sh must always let go, exited ${code}`);
    return readFileSync(log, 'utf8').trimEnd();
  }

  #run(script: string, environment: Readonly<Record<string, string>>): Promise<{ readonly code: number }> {
    const env = {
      ...process.env,
      ...environment,
      POD_INDEX: String(this.node.ordinal),
      HEADWATER_CONFIG: join(this.#directory, 'config'),
    };
    return new Promise((resolve) => {
      execFile(join(SCRIPTS, script), { env }, (error) => resolve({ code: error === null ? 0 : 1 }));
    });
  }
}

/** Three brokers on loopback, from rendered files. */
export interface RenderedCluster {
  readonly brokers: readonly RenderedBroker[];
  readonly certificates: { readonly ca: string; readonly cert: string; readonly key: string };
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Renders a cluster as the manifests do, for hosts that are addresses of the loopback network. Three things differ from
 * a pod: a listener binds its own address, since all share one machine; the two mounts are directories of the test; and
 * Java is started without the metrics agent.
 */
export async function renderCluster(
  mode: KafkaMetadata['mode'],
  directory: string,
): Promise<RenderedCluster> {
  const toolchain = new Toolchain({ host: process });
  const server = await toolchain.javaServer(mode === 'zookeeper' ? 'kafka/3.9' : 'kafka/4.4');
  const ensemble =
    mode === 'zookeeper' ? await ZooKeeper.create({ host: process, directory, toolchain }) : undefined;
  const metadata = ensemble
    ? zookeeper({ connect: ensemble.endpoint }, { version: '3.9.2' })
    : kraft({ version: '4.4.0', clusterId: CLUSTER_ID, controllers: { placement: 'combined' } });

  // Kafka's ports are fixed; an address that nobody else is likely to have keeps two runs apart.
  const network = `127.${1 + Math.floor(Math.random() * 254)}.${1 + Math.floor(Math.random() * 254)}`;
  const nodes = Array.from({ length: BROKERS }, (_, id): KafkaNode => ({
    id,
    ordinal: id,
    host: `${network}.${id + 1}`,
    roles: mode === 'kraft' ? ['broker', 'controller'] : ['broker'],
  }));
  const settings: ServerSettings = {
    metadata,
    brokers: BROKERS,
    minInSyncReplicas: 2,
    maxMessage: Size.mebibytes(1),
    security: SECURITY,
    exposure: { kind: 'none' },
    quorum: mode === 'kraft' ? nodes : [],
  };
  const certificates = join(directory, 'certificates');
  mkdirSync(certificates, { recursive: true });
  writeCertificates(
    certificates,
    nodes.map(({ host }) => host),
  );

  const brokers: RenderedBroker[] = [];
  for (const node of nodes) {
    const home = join(directory, `broker-${node.id}`);
    const properties = writeFiles(home, certificates, node, nodes, settings);
    const system = logConfiguration(mode, server);
    if (mode === 'kraft') {
      const args = ['format', '--ignore-formatted', '--cluster-id', CLUSTER_ID, '--config', properties];
      const format = javaCommand({
        server,
        heapMegabytes: 64,
        system,
        main: 'kafka.tools.StorageTool',
        args,
      });
      const [java, ...formatArgs] = format;
      await runCommand(java, formatArgs, { host: process, cwd: home });
    }
    const command = javaCommand({
      server,
      heapMegabytes: 384,
      system,
      main: 'kafka.Kafka',
      args: [properties],
    });
    brokers.push(new RenderedBroker(node, home, command));
  }
  const read = (name: string): string => readFileSync(join(certificates, name), 'utf8');
  return {
    brokers,
    certificates: { ca: read('ca.crt'), cert: read('tls.crt'), key: read('tls.key') },
    start: async () => {
      await ensemble?.start();
      await Promise.all(brokers.map((broker) => broker.start()));
    },
    stop: async () => {
      await Promise.all(brokers.map((broker) => broker.stop()));
      await ensemble?.stop();
    },
  };
}

/** Writes what a pod would have mounted; returns the file that the image makes of the two parts at start. */
function writeFiles(
  home: string,
  certificates: string,
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  settings: ServerSettings,
): string {
  const config = join(home, 'config');
  mkdirSync(config, { recursive: true });
  mkdirSync(join(home, 'data'), { recursive: true });
  const { files } = nodeFiles(nodes, nodes, brokerProperties(settings), settings);
  const placed = Object.entries(files).map(
    ([name, text]) =>
      [
        name,
        text
          .replaceAll(CERTIFICATE_PATH, certificates)
          .replaceAll(VOLUME_PATH, join(home, 'data'))
          .replaceAll('://:', `://${node.host}:`),
      ] as const,
  );
  for (const [name, text] of placed) writeFileSync(join(config, name), text);
  const parts = Object.fromEntries(placed);
  const properties = join(home, 'server.properties');
  writeFileSync(
    properties,
    `${parts['server.properties'] ?? ''}${parts[`node-${node.ordinal}.properties`] ?? ''}`,
  );
  return properties;
}

function logConfiguration(
  mode: KafkaMetadata['mode'],
  { configuration }: JavaServer,
): Record<string, string> {
  return mode === 'zookeeper'
    ? { 'log4j.configuration': `file:${join(configuration, 'log4j.properties')}` }
    : { 'log4j2.configurationFile': join(configuration, 'log4j2.properties') };
}
