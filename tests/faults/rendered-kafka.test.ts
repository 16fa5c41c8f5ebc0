import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import { createLog } from '../../apps/service/log.ts';
import type { KafkaConnection } from '../../apps/kafka/config.ts';
import { converge } from '../../apps/topics/converge.ts';
import { TopicsAdmin } from '../../apps/topics/topics-admin.ts';
import { writeUsers } from '../../apps/users/write-users.ts';
import { LISTENER_PORTS } from '../../infra/constructs/kafka/kafka-listeners.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { needs } from '../runner/needs.ts';
import { effectiveSettings } from './rendered/effective-settings.ts';
import { renderCluster, type RenderedCluster } from './rendered/rendered-cluster.ts';
import type { RenderedNode } from './rendered/rendered-node.ts';

const log = createLog('test', 'silent');
const user = { name: 'topics', password: 'a password, with=signs]' };
/** Above the time after which a silent broker counts as gone. */
const FENCED_MS = 40_000;
/** Above what one look at the peers takes while one of them is dead: two times kcat's three seconds. */
const DEPARTURE_TIMEOUT_S = 15;
const clusterConfigs = { 'min.insync.replicas': '2' };

for (const mode of ['zookeeper', 'combined', 'separate'] as const) {
  describe(`brokers from the rendered files, metadata: ${mode}`, needs('kcat', 'openssl'), () => {
    let directory: string;
    let cluster: RenderedCluster;

    const brokerAt = (id: number): RenderedNode => {
      const broker = cluster.brokers[id];
      assert.ok(broker);
      return broker;
    };
    const serversOf = (port: number): string[] => cluster.brokers.map(({ node }) => `${node.host}:${port}`);
    const login = (password: string): KafkaConnection => ({
      bootstrapBrokers: serversOf(LISTENER_PORTS.clientsTls),
      tls: { ca: cluster.certificates.ca },
      sasl: { mechanism: 'SCRAM-SHA-512', username: user.name, password },
    });
    const openAdmin = (password = user.password): Admin =>
      new Admin({ clientId: 'test', ...login(password), retries: 0, connectTimeout: 5_000 });
    const runTopicsJob = async (topics: Parameters<typeof converge>[1]['topics']): Promise<void> => {
      const admin = new TopicsAdmin(login(user.password));
      try {
        await converge(admin, { topics, clusterConfigs }, { deadlineMs: 60_000, log });
      } finally {
        await admin.close();
      }
    };

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'headwater-rendered-'));
      cluster = await renderCluster(mode, directory);
      await cluster.start();
    });
    after(async () => {
      await cluster.stop();
      await rm(directory, { recursive: true });
    });

    test('each node goes by every setting of its files, and knows them all', async () => {
      for (const node of [...cluster.brokers, ...cluster.controllers]) {
        const effective = await effectiveSettings(cluster, node);
        const written = [...cluster.settingsOf(node)];
        assert.ok(written.length > 10);
        const different = written.filter(([name, value]) => {
          const setting = effective.get(name);
          return setting === undefined || (setting.isTold && setting.value !== value);
        });
        assert.deepEqual(
          different.map(([name, value]) => `${name}=${value}, goes by ${effective.get(name)?.value ?? '?'}`),
          [],
          node.name,
        );
        const untold = written.flatMap(([name]) => (effective.get(name)?.isTold === true ? [] : [name]));
        const unexpected = untold.filter(
          (name) => !/^listener\.name\.|^config\.providers|^ssl\.(key|trust)store\.(key|cert)/.test(name),
        );
        assert.deepEqual(unexpected, [], 'misspelt, or never told');
      }
    });

    test('a user is written over the replication listener, and makes topics over the clients’', async () => {
      const bootstrapBrokers = serversOf(LISTENER_PORTS.replication);
      await writeUsers(
        { bootstrapBrokers, tls: cluster.certificates, users: [user], deadlineMs: 60_000 },
        log,
      );
      await runTopicsJob([{ name: 'events', partitions: 6, replicationFactor: 3 }]);
    });

    test('a topic that declares nothing has three replicas, and two of them acknowledge', async () => {
      await runTopicsJob([{ name: 'plain' }]);
      const admin = openAdmin();
      try {
        const { topics } = await admin.metadata({ topics: ['plain'], forceUpdate: true });
        assert.equal(topics.get('plain')?.partitions[0]?.replicas.length, 3);
        const [{ configs } = { configs: [] }] = await admin.describeConfigs({
          resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: 'plain' }],
        });
        assert.equal(configs.find(({ name }) => name === 'min.insync.replicas')?.value, '2');
      } finally {
        await admin.close();
      }
    });

    test('a dynamic value that hides what the files say is put right by the topics’ Job', async () => {
      const admin = openAdmin();
      try {
        const wrong = {
          name: 'min.insync.replicas',
          value: '1',
          configOperation: IncrementalAlterConfigOperationTypes.SET,
        };
        await admin.incrementalAlterConfigs({
          resources: [{ resourceType: ConfigResourceTypes.BROKER, resourceName: '', configs: [wrong] }],
        });
        const goesBy = async (value: string) =>
          (await effectiveSettings(cluster, brokerAt(1))).get(wrong.name)?.value === value;
        await waitUntil(() => goesBy('1'), { what: 'wrong', deadlineMs: 60_000 });
        await runTopicsJob([]);
        await waitUntil(() => goesBy('2'), { what: 'put right', deadlineMs: 60_000 });
        await runTopicsJob([]);
      } finally {
        await admin.close();
      }
    });

    test('a wrong password is refused, and counted', async () => {
      const admin = openAdmin('another');
      await assert.rejects(admin.listTopics());
      await admin.close();
      const metrics = await Promise.all(cluster.brokers.map((broker) => broker.metrics()));
      const refused = metrics.join('').match(/^\S*failed_authentication_total\{.*"CLIENTS".*\} [1-9].*$/m);
      assert.ok(refused, 'no broker shows it');
    });

    test('metrics have the names that docs/kafka.md gives, keys are labels, and no series comes twice', async () => {
      const documented = readFileSync(join(import.meta.dirname, '../../docs/kafka.md'), 'utf8').match(
        /kafka_[a-z0-9_]+(?=`)/g,
      );
      assert.ok(documented && documented.length > 5);
      const nodes = [...cluster.brokers, ...cluster.controllers];
      const pages = await Promise.all(nodes.map((node) => node.metrics()));
      const series = pages.map((page) => Array.from(page.matchAll(/^kafka_[^ ]+(?= )/gm), ([name]) => name));
      for (const [index, shown] of series.entries()) {
        const twice = shown.filter((name, place) => shown.indexOf(name) !== place);
        assert.deepEqual(twice, [], nodes[index]?.name);
      }
      const names = new Set(series.flat().map((name) => name.replace(/\{.*/, '')));
      assert.deepEqual(
        documented.filter((name) => !names.has(name)),
        [],
      );
      const keys = /_(clientid|brokerhost|request|listener|networkprocessor|delayedoperation)_/;
      assert.deepEqual(
        [...names].filter((name) => keys.test(name)),
        [],
      );
      const lag = series
        .flat()
        .find((name) => name.startsWith('kafka_server_fetcherlagmetrics_consumerlag{'));
      assert.match(lag ?? '', /\{partition="\d+",topic="[\w-]+",?\}$/);
    });

    test('a client without certificate is refused on the replication listener', async () => {
      const { host } = brokerAt(0).node;
      const socket = connect({ host, port: LISTENER_PORTS.replication, ca: cluster.certificates.ca });
      const [error] = (await once(socket, 'error')) as [Error];
      assert.match(error.message, /alert (bad certificate|certificate required)/);
    });

    test('where all are in sync, one may leave at once', async () => {
      await waitUntil(() => brokerAt(1).isReady(), { what: 'ready', deadlineMs: 60_000 });
      assert.equal(await brokerAt(1).beforeStop(20), 'before-stop: leaves: the others suffice');
    });

    test('a broker that was killed is not ready, and holds the next one’s departure', async () => {
      brokerAt(2).signal('SIGKILL');
      await brokerAt(2).exited;
      assert.equal(await brokerAt(2).isReady(), false);
      const admin = openAdmin();
      try {
        const isNoticed = async (): Promise<boolean> => {
          const { topics } = await admin.metadata({ topics: ['events'], forceUpdate: true });
          return topics.get('events')?.partitions.every(({ isr }) => !isr.includes(2)) ?? false;
        };
        await waitUntil(isNoticed, { what: 'noticed', deadlineMs: FENCED_MS });
      } finally {
        await admin.close();
      }
      assert.equal(await brokerAt(0).isReady(), true);
      const said = await brokerAt(1).beforeStop(DEPARTURE_TIMEOUT_S);
      assert.match(said, /^before-stop: waits: needed by events-0 events-1 .*\(\d+ partitions in all\)$/m);
      assert.match(said, /\nbefore-stop: leaves after 15 s although it is needed by events-0 .*events-5/);
    });

    test('a departure goes on as soon as the broker is back in sync', async () => {
      const held = brokerAt(1).beforeStop(60);
      await brokerAt(2).start();
      assert.match(await held, /before-stop: leaves: the others suffice$/);
      assert.equal(await brokerAt(2).isReady(), true);
    });
  });
}
