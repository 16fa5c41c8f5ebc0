import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { Admin } from '@platformatic/kafka';
import { converge } from '../../apps/topics/converge.ts';
import { createLog } from '../../apps/service/log.ts';
import { writeUsers } from '../../apps/users/write-users.ts';
import { LISTENER_PORTS } from '../../infra/constructs/kafka-listeners.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { needs } from '../runner/needs.ts';
import { renderCluster, type RenderedBroker, type RenderedCluster } from './rendered/rendered-cluster.ts';

const log = createLog('test', 'silent');
const user = { name: 'topics', password: 'a password, with=signs]' };
/** Above the time after which a silent broker counts as gone. */
const FENCED_MS = 40_000;
/** Above what one look at the peers takes while one of them is dead: two times kcat's three seconds. */
const DEPARTURE_TIMEOUT_S = 15;

for (const mode of ['zookeeper', 'kraft'] as const) {
  describe(`brokers from the rendered files, with ${mode}`, needs('kcat', 'jq', 'openssl'), () => {
    let directory: string;
    let cluster: RenderedCluster;

    const brokerAt = (id: number): RenderedBroker => {
      const broker = cluster.brokers[id];
      assert.ok(broker);
      return broker;
    };
    const serversOf = (port: number): string[] => cluster.brokers.map(({ node }) => `${node.host}:${port}`);
    const login = (password: string): Admin =>
      new Admin({
        clientId: 'test',
        bootstrapBrokers: serversOf(LISTENER_PORTS.clientsTls),
        tls: { ca: cluster.certificates.ca },
        sasl: { mechanism: 'SCRAM-SHA-512', username: user.name, password },
        retries: 0,
        connectTimeout: 5_000,
      });

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'headwater-rendered-'));
      cluster = await renderCluster(mode, directory);
      await cluster.start();
    });
    after(async () => {
      await cluster.stop();
      await rm(directory, { recursive: true });
    });

    test('a user is written over the replication listener, and makes topics over the clients’', async () => {
      const bootstrapBrokers = serversOf(LISTENER_PORTS.replication);
      await writeUsers(
        { bootstrapBrokers, tls: cluster.certificates, users: [user], deadlineMs: 60_000 },
        log,
      );
      const admin = login(user.password);
      try {
        const events = { name: 'events', partitions: 6, replicationFactor: 3 };
        await converge(admin, [events], { deadlineMs: 60_000, log });
      } finally {
        await admin.close();
      }
    });

    test('a wrong password is refused', async () => {
      const admin = login('another');
      await assert.rejects(admin.listTopics());
      await admin.close();
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
      await waitUntil(async () => !(await brokerAt(2).isReady()), { what: 'unready', deadlineMs: FENCED_MS });
      assert.equal(await brokerAt(0).isReady(), true);
      const said = await brokerAt(1).beforeStop(DEPARTURE_TIMEOUT_S);
      assert.match(said, /^before-stop: waits: needed by events-0 events-1 .*\(6 partitions in all\)$/m);
      assert.match(said, /\nbefore-stop: leaves after 15 s although it is needed by events-0 .*events-5$/);
    });

    test('a departure goes on as soon as the broker is back in sync', async () => {
      const held = brokerAt(1).beforeStop(60);
      await brokerAt(2).start();
      assert.match(await held, /before-stop: leaves: the others suffice$/);
      assert.equal(await brokerAt(2).isReady(), true);
    });
  });
}
