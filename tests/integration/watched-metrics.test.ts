// What alerts are made of, asked of the servers themselves, started from the files that the manifests hold.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Size } from 'cdk8s';
import { alerts } from '../../infra/charts/alerts.ts';
import { nodeFiles } from '../../infra/constructs/kafka/kafka-files.ts';
import type { KafkaNode } from '../../infra/constructs/kafka/kafka-listeners.ts';
import { kraft, zookeeper, type KafkaMetadata } from '../../infra/constructs/kafka/kafka-metadata.ts';
import {
  brokerProperties,
  METRICS_PORT,
  VOLUME_PATH,
} from '../../infra/constructs/kafka/kafka-properties.ts';
import { serverConfiguration, ZOOKEEPER_METRICS_PORT } from '../../infra/constructs/zookeeper/zookeeper.ts';
import { environments } from '../../infra/environments/environments.ts';
import { runCommand } from '../../infra/local/command.ts';
import { javaCommand } from '../../infra/local/java-command.ts';
import { ManagedProcess } from '../../infra/local/managed-process.ts';
import { Toolchain } from '../../infra/local/toolchain.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { sumOf } from '../../infra/local/up/figures.ts';

const CLUSTER_ID = 'aGVhZHdhdGVyLXRlc3QtMQ';
const START_DEADLINE_MS = 90_000;
const toolchain = new Toolchain({ host: process });

/** A network of loopback addresses that nobody else is likely to have: the ports are fixed. */
function network(): string {
  const octet = (): number => 1 + Math.floor(Math.random() * 254);
  return `127.${octet()}.${octet()}`;
}

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-metrics-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function readMetrics(host: string, port: number): Promise<string> {
  const response = await fetch(`http://${host}:${port}/metrics`);
  return response.text();
}

async function startEnsemble(t: TestContext, servers: number) {
  const directory = directoryOf(t);
  const prefix = network();
  const hosts = Array.from({ length: servers }, (_, ordinal) => `${prefix}.${ordinal + 1}`);
  const server = await toolchain.javaServer('zookeeper');
  const processes = hosts.map((host, ordinal) => {
    const home = join(directory, String(ordinal));
    const [data, log] = ['data', 'log'].map((name) => join(home, name)) as [string, string];
    mkdirSync(log, { recursive: true });
    mkdirSync(data);
    writeFileSync(join(data, 'myid'), String(ordinal + 1));
    const file = join(home, 'zoo.cfg');
    const settings = serverConfiguration(hosts)
      .replace(/^dataDir=.*$/m, `dataDir=${data}`)
      .replace(/^dataLogDir=.*$/m, `dataLogDir=${log}`)
      // One machine for all: each binds its own address.
      .replace(/^quorumListenOnAllIPs=.*$/m, 'quorumListenOnAllIPs=false');
    writeFileSync(file, `clientPortAddress=${host}\nmetricsProvider.httpHost=${host}\n${settings}`);
    return new ManagedProcess({
      host: process,
      name: `zookeeper-${ordinal}`,
      directory: home,
      command: javaCommand({
        server,
        heapMegabytes: 96,
        system: { 'logback.configurationFile': join(server.configuration, 'logback.xml') },
        main: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        args: [file],
      }),
      isReady: async () => (await readMetrics(host, ZOOKEEPER_METRICS_PORT)) !== '',
      startDeadlineMs: START_DEADLINE_MS,
    });
  });
  t.after(() => Promise.all(processes.map((each) => each.stop())));
  await Promise.all(processes.map((each) => each.start()));
  return { hosts, processes };
}

test('a quorum of ZooKeeper shows in one metric of its leader, which goes when the quorum does', async (t) => {
  const { hosts, processes } = await startEnsemble(t, 3);
  const followersOf = async (host: string): Promise<string | undefined> =>
    /^synced_followers .*$/m.exec(await readMetrics(host, ZOOKEEPER_METRICS_PORT))?.[0];
  const leader = await waitUntil(
    async () => {
      const said = await Promise.all(hosts.map(followersOf));
      const found = said.findIndex((line) => line === 'synced_followers 2.0');
      return found >= 0 && { found, said };
    },
    { what: 'a leader with two followers', deadlineMs: START_DEADLINE_MS },
  );
  assert.deepEqual(
    leader.said.filter((_, ordinal) => ordinal !== leader.found),
    [undefined, undefined],
  );
  // Two of three are gone, the leader is left.
  await Promise.all(processes.filter((_, ordinal) => ordinal !== leader.found).map((each) => each.stop()));
  const alone = hosts[leader.found] ?? '';
  await waitUntil(
    async () => ((await followersOf(alone)) ?? 'synced_followers 0.0') === 'synced_followers 0.0',
    {
      what: 'without followers',
      deadlineMs: 60_000,
    },
  );
  assert.notEqual(await readMetrics(alone, ZOOKEEPER_METRICS_PORT), '');
});

/** A broker with the metrics agent of its image. @returns what it shows */
async function startBroker(t: TestContext, metadata: KafkaMetadata): Promise<() => Promise<string>> {
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
  return read;
}

for (const mode of ['zookeeper', 'kraft'] as const) {
  test(`a broker with ${mode} shows every metric of Kafka that an alert is made of`, async (t) => {
    const metadata =
      mode === 'kraft'
        ? kraft({ version: '4.4.0', clusterId: CLUSTER_ID, controllers: { placement: 'combined' } })
        : zookeeper({ connect: `${(await startEnsemble(t, 1)).hosts[0] ?? ''}:2181` }, { version: '3.9.2' });
    const read = await startBroker(t, metadata);
    const environment = environments[mode === 'kraft' ? 'staging' : 'production'];
    const names = new Set(
      alerts(environment).flatMap(
        ({ expression }) => expression.match(/kafka_(server|controller)_\w+(?=\{)/g) ?? [],
      ),
    );
    assert.ok(names.size >= 4);
    // A controller may be active before the replica manager beside it has begun.
    let missing: readonly string[] = [...names];
    const isComplete = async (): Promise<boolean> => {
      const shown = await read();
      missing = missing.filter((name) => !new RegExp(`^${name} [0-9]`, 'm').test(shown));
      return missing.length === 0;
    };
    await waitUntil(isComplete, { what: 'shown', deadlineMs: 60_000 }).catch(() => undefined);
    assert.deepEqual(missing, []);
  });
}
