import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  serverConfiguration,
  ZOOKEEPER_METRICS_PORT,
} from '../../../infra/constructs/zookeeper/zookeeper.ts';
import { javaCommand } from '../../../infra/local/java-command.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { directoryOf, network, readMetrics, START_DEADLINE_MS, toolchain } from './loopback.ts';

/** ZooKeeper as the manifests configure it, metrics and all. It ends with the test. */
export async function startEnsemble(t: TestContext, servers: number) {
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
