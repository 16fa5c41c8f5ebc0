import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Size } from 'cdk8s';
import { nodeFiles } from '../../../infra/constructs/kafka/kafka-files.ts';
import type { KafkaNode, KafkaSecurity } from '../../../infra/constructs/kafka/kafka-listeners.ts';
import {
  kraft,
  zookeeper,
  type KafkaMetadata,
  type KRaftMetadata,
} from '../../../infra/constructs/kafka/kafka-metadata.ts';
import { FIRST_CONTROLLER_ID } from '../../../infra/constructs/kafka/kafka-nodes.ts';
import {
  brokerProperties,
  CERTIFICATE_PATH,
  controllerProperties,
  METRICS_PORT,
  VOLUME_PATH,
  type ServerSettings,
} from '../../../infra/constructs/kafka/kafka-properties.ts';
import { runCommand } from '../../../infra/local/command.ts';
import { javaCommand } from '../../../infra/local/java-command.ts';
import { Toolchain, type JavaServer } from '../../../infra/local/toolchain.ts';
import { ZooKeeper } from '../../../infra/local/zookeeper.ts';
import { writeCertificates } from './certificates.ts';
import { RenderedNode } from './rendered-node.ts';

const BROKERS = 3;
const CLUSTER_ID = 'aGVhZHdhdGVyLXRlc3QtMQ';
const SECURITY: KafkaSecurity = {
  protocol: 'tls',
  certificateSecret: 'kafka-certificate-v1',
  clientAuthentication: 'scram-sha-512',
};
/** Not Kafka's own, so that a test sees whether it holds. */
const SESSION_TIMEOUT = Duration.seconds(7);
const CONTROLLERS: Readonly<Record<'combined' | 'separate', KRaftMetadata['controllers']>> = {
  combined: { placement: 'combined' },
  separate: {
    placement: 'separate',
    replicas: 1,
    volume: Size.gibibytes(1),
    cpuMillicores: 100,
    memory: Size.mebibytes(512),
  },
};

/** Where the metadata is kept: in ZooKeeper, by the brokers, or by a controller of its own. */
export type MetadataMode = 'zookeeper' | 'combined' | 'separate';

/** Three brokers on loopback, from rendered files. */
export interface RenderedCluster {
  readonly brokers: readonly RenderedNode[];
  /** Nodes that only keep metadata. */
  readonly controllers: readonly RenderedNode[];
  readonly certificates: { readonly ca: string; readonly cert: string; readonly key: string };
  /** The settings in the files of a node, by name. */
  settingsOf(node: RenderedNode): ReadonlyMap<string, string>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Renders a cluster as the manifests do, for hosts that are addresses of the loopback network. Two things differ from
 * a pod: a listener binds its own address, since all share one machine; and the two mounts are directories of the test.
 */
export async function renderCluster(mode: MetadataMode, directory: string): Promise<RenderedCluster> {
  const toolchain = new Toolchain({ host: process });
  const server = await toolchain.javaServer(mode === 'zookeeper' ? 'kafka/3.9' : 'kafka/4.4');
  const ensemble =
    mode === 'zookeeper' ? await ZooKeeper.create({ host: process, directory, toolchain }) : undefined;
  const metadata: KafkaMetadata = ensemble
    ? zookeeper({ connect: ensemble.endpoint }, { version: '3.9.2', sessionTimeout: SESSION_TIMEOUT })
    : kraft({
        version: '4.4.0',
        clusterId: CLUSTER_ID,
        controllers: CONTROLLERS[mode === 'separate' ? 'separate' : 'combined'],
        sessionTimeout: SESSION_TIMEOUT,
      });

  // Kafka's ports are fixed; an address that nobody else is likely to have keeps two runs apart.
  const network = `127.${1 + Math.floor(Math.random() * 254)}.${1 + Math.floor(Math.random() * 254)}`;
  const brokers = Array.from({ length: BROKERS }, (_, id): KafkaNode => ({
    id,
    ordinal: id,
    host: `${network}.${id + 1}`,
    roles: mode === 'combined' ? ['broker', 'controller'] : ['broker'],
  }));
  const controllers: readonly KafkaNode[] =
    mode === 'separate'
      ? [{ id: FIRST_CONTROLLER_ID, ordinal: 0, host: `${network}.101`, roles: ['controller'] }]
      : [];
  const settings: ServerSettings = {
    metadata,
    brokers: BROKERS,
    minInSyncReplicas: 2,
    maxMessage: Size.mebibytes(1),
    security: SECURITY,
    exposure: { kind: 'none' },
    quorum: mode === 'combined' ? brokers : controllers,
  };
  const certificates = join(directory, 'certificates');
  mkdirSync(certificates, { recursive: true });
  const hosts = [...brokers, ...controllers].map(({ host }) => host);
  writeCertificates(certificates, hosts);

  const brokerFiles = nodeFiles(brokers, brokers, brokerProperties(settings), settings);
  const controllerFiles = nodeFiles(controllers, [], controllerProperties(settings), settings);
  const make = async (node: KafkaNode, files: Readonly<Record<string, string>>): Promise<RenderedNode> => {
    const home = join(directory, `node-${node.id}`);
    const properties = writeFiles(home, certificates, node, files);
    if (mode !== 'zookeeper') await format(server, home, properties);
    return new RenderedNode(node, home, nodeCommand(server, home, properties, { mode, host: node.host }));
  };
  const made = {
    brokers: await Promise.all(brokers.map((node) => make(node, brokerFiles.files))),
    controllers: await Promise.all(controllers.map((node) => make(node, controllerFiles.files))),
  };
  const read = (name: string): string => readFileSync(join(certificates, name), 'utf8');
  return {
    ...made,
    certificates: { ca: read('ca.crt'), cert: read('tls.crt'), key: read('tls.key') },
    settingsOf: ({ node }) => readProperties(join(directory, `node-${node.id}`, 'server.properties')),
    start: async () => {
      await ensemble?.start();
      // A controller is ready when it knows a leader, which with combined roles is a broker.
      await Promise.all([...made.controllers, ...made.brokers].map((node) => node.start()));
    },
    stop: async () => {
      await Promise.all(made.brokers.map((broker) => broker.stop()));
      await Promise.all(made.controllers.map((controller) => controller.stop()));
      await ensemble?.stop();
    },
  };
}

/** Writes what a pod would have mounted; returns the file that the image makes of the two parts at start. */
function writeFiles(
  home: string,
  certificates: string,
  node: KafkaNode,
  files: Readonly<Record<string, string>>,
): string {
  const config = join(home, 'config');
  mkdirSync(config, { recursive: true });
  mkdirSync(join(home, 'data'), { recursive: true });
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

function readProperties(path: string): ReadonlyMap<string, string> {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}

async function format(server: JavaServer, home: string, properties: string): Promise<void> {
  const [java, ...args] = javaCommand({
    server,
    heapMegabytes: 64,
    system: { 'log4j2.configurationFile': join(server.configuration, 'log4j2.properties') },
    main: 'kafka.tools.StorageTool',
    args: ['format', '--ignore-formatted', '--cluster-id', CLUSTER_ID, '--config', properties],
  });
  await runCommand(java, args, { host: process, cwd: home });
}

/** As the image's `start.sh` has it, with a small heap. */
function nodeCommand(
  server: JavaServer,
  home: string,
  properties: string,
  { mode, host }: { readonly mode: MetadataMode; readonly host: string },
): [string, ...string[]] {
  const [java, ...args] = javaCommand({
    server,
    heapMegabytes: 384,
    system:
      mode === 'zookeeper'
        ? { 'log4j.configuration': `file:${join(server.configuration, 'log4j.properties')}` }
        : { 'log4j2.configurationFile': join(server.configuration, 'log4j2.properties') },
    main: 'kafka.Kafka',
    args: [properties],
  });
  const jars = server.classPath.replace(/\*$/, '');
  const agent = readdirSync(jars).find((jar) => jar.startsWith('jmx_prometheus_javaagent-'));
  if (agent === undefined) throw new Error(`no jmx_prometheus_javaagent among the jars of ${jars}`);
  const rules = join(home, 'config/jmx.yaml');
  return [java, `-javaagent:${join(jars, agent)}=${host}:${METRICS_PORT}:${rules}`, ...args];
}
