import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { Size } from 'cdk8s';
import { nodeFiles } from '../../../infra/constructs/kafka/kafka-files.ts';
import { LISTENER_PORTS, type KafkaNode } from '../../../infra/constructs/kafka/kafka-listeners.ts';
import { kraft, zookeeper, type KafkaMetadata } from '../../../infra/constructs/kafka/kafka-metadata.ts';
import {
  brokerProperties,
  METRICS_PORT,
  VOLUME_PATH,
} from '../../../infra/constructs/kafka/kafka-properties.ts';
import { runCommand } from '../../../infra/local/command.ts';
import { javaCommand } from '../../../infra/local/java-command.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { sumOf } from '../../../infra/local/up/figures.ts';
import { startEnsemble } from './ensemble.ts';
import { directoryOf, network, readMetrics, START_DEADLINE_MS, toolchain } from './loopback.ts';

const CLUSTER_ID = 'aGVhZHdhdGVyLXRlc3QtMQ';

export interface MeteredBroker {
  /** `host:port` for clients. */
  readonly bootstrapServers: string;
  /** `host:port` of its metrics. */
  readonly metrics: string;
  /** What it shows. */
  readonly read: () => Promise<string>;
}

/** A broker with the metrics agent of its image, which is its own controller without ZooKeeper. It ends with the test. */
export async function startBroker(t: TestContext, metadata: KafkaMetadata): Promise<MeteredBroker> {
  const home = directoryOf(t);
  const server = await toolchain.javaServer(metadata.mode === 'zookeeper' ? 'kafka/3.9' : 'kafka/4.4');
  const node: KafkaNode = {
    id: 0,
    ordinal: 0,
    host: `${network()}.1`,
    roles: metadata.mode === 'kraft' ? ['broker', 'controller'] : ['broker'],
  };
  const settings = {
    metadata,
    brokers: 1,
    minInSyncReplicas: 1,
    maxMessage: Size.mebibytes(1),
    security: { protocol: 'plaintext' },
    exposure: { kind: 'none' },
    quorum: metadata.mode === 'kraft' ? [node] : [],
  } as const;
  const { files } = nodeFiles([node], [node], brokerProperties(settings), settings);
  const properties = join(home, 'server.properties');
  const text = `${files['server.properties'] ?? ''}${files['node-0.properties'] ?? ''}`;
  writeFileSync(
    properties,
    text.replaceAll(VOLUME_PATH, join(home, 'data')).replaceAll('://:', `://${node.host}:`),
  );
  const rules = join(home, 'jmx.yaml');
  writeFileSync(rules, files['jmx.yaml'] ?? '');
  const options = { server, system: { 'log4j.rootLogger': 'off' } };
  if (metadata.mode === 'kraft') {
    const args = ['format', '--cluster-id', CLUSTER_ID, '--config', properties];
    const [java, ...format] = javaCommand({
      ...options,
      heapMegabytes: 64,
      main: 'kafka.tools.StorageTool',
      args,
    });
    await runCommand(java, format, { host: process, cwd: home });
  }
  const jars = dirname(server.classPath);
  const agent = readdirSync(jars).find((name) => name.startsWith('jmx_prometheus_javaagent-')) ?? '';
  const [java, ...args] = javaCommand({
    ...options,
    heapMegabytes: 384,
    main: 'kafka.Kafka',
    args: [properties],
  });
  const read = (): Promise<string> => readMetrics(node.host, METRICS_PORT);
  const broker = new ManagedProcess({
    host: process,
    name: 'broker',
    directory: home,
    command: [java, `-javaagent:${join(jars, agent)}=${node.host}:${METRICS_PORT}:${rules}`, ...args],
    isReady: async () => sumOf(await read(), 'kafka_controller_kafkacontroller_activecontrollercount') === 1,
    startDeadlineMs: START_DEADLINE_MS,
  });
  t.after(() => broker.stop());
  await broker.start();
  return {
    bootstrapServers: `${node.host}:${LISTENER_PORTS.clientsPlaintext}`,
    metrics: `${node.host}:${METRICS_PORT}`,
    read,
  };
}

/** The one, with a ZooKeeper that ends with the test, or the other. */
export async function metadataOf(t: TestContext, mode: KafkaMetadata['mode']): Promise<KafkaMetadata> {
  if (mode === 'kraft') {
    return kraft({ version: '4.4.0', clusterId: CLUSTER_ID, controllers: { placement: 'combined' } });
  }
  const { hosts } = await startEnsemble(t, 1);
  return zookeeper({ connect: `${hosts[0] ?? ''}:2181` }, { version: '3.9.2' });
}
