import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  alterPartitionReassignmentsV0,
  Admin,
  ConfigResourceTypes,
  Connection,
  IncrementalAlterConfigOperationTypes,
  listPartitionReassignmentsV0,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka';
import { createLog } from '../../apps/service/log.ts';
import { converge } from '../../apps/topics/converge.ts';
import { TopicsAdmin } from '../../apps/topics/topics-admin.ts';
import { LISTENER_PORTS } from '../../infra/constructs/kafka/kafka-listeners.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { needs } from '../runner/needs.ts';
import { renderCluster, type RenderedCluster } from './rendered/rendered-cluster.ts';
import type { RenderedNode } from './rendered/rendered-node.ts';

const TOPIC = 'moved';
const PARTITIONS = 3;
/** Far more than a throttle lets through at its beginning, which is a fetch or two of 1 MiB from each leader. */
const BATCHES = 25;
const BATCH_RECORDS = 9;
const RECORD_BYTES = 100_000;
const THROTTLED = {
  'leader.replication.throttled.replicas': '*',
  'follower.replication.throttled.replicas': '*',
};
const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'];
/** As many unready probes in a row make a pod unready. */
const PROBES = 3;
const { SET, DELETE } = IncrementalAlterConfigOperationTypes;

for (const mode of ['zookeeper', 'separate'] as const) {
  describe(`a reassignment under throttle, metadata: ${mode}`, needs('kcat', 'openssl'), () => {
    let directory: string;
    let cluster: RenderedCluster;
    let admin: Admin;

    const brokers = () => cluster.brokers.map(({ node }) => `${node.host}:${LISTENER_PORTS.replication}`);
    const allReady = async () =>
      (await Promise.all(cluster.brokers.map((broker) => broker.isReady()))).every(Boolean);
    const brokerAt = (id: number): RenderedNode => cluster.brokers[id] ?? assert.fail();
    /** The brokers' certificate is the login. */
    const connection = () => ({ bootstrapBrokers: brokers(), tls: cluster.certificates });

    /** The controller takes the change, which with ZooKeeper nobody else does. */
    const withController = async <T>(ask: (connection: Connection) => Promise<T>): Promise<T> => {
      const metadata = await admin.metadata({ topics: [], forceUpdate: true });
      const { host, port } = metadata.brokers.get(metadata.controllerId) ?? assert.fail('no controller');
      const connection = new Connection('test', { tls: cluster.certificates });
      await connection.connect(host, port);
      try {
        return await ask(connection);
      } finally {
        await connection.close();
      }
    };
    const replicasBeingAdded = async (): Promise<readonly (readonly number[])[]> => {
      const { topics } = await withController((connection) =>
        listPartitionReassignmentsV0.api.async(connection, 10_000, null),
      );
      return topics.flatMap(({ partitions }) => partitions.map(({ addingReplicas }) => addingReplicas));
    };
    const partitions = async () => {
      const { topics } = await admin.metadata({ topics: [TOPIC], forceUpdate: true });
      return topics.get(TOPIC)?.partitions ?? assert.fail();
    };
    const throttle = (operation: typeof SET | typeof DELETE): Promise<unknown> =>
      Promise.all(
        cluster.brokers.map(({ node }) =>
          admin.incrementalAlterConfigs({
            resources: [
              {
                resourceType: ConfigResourceTypes.BROKER,
                resourceName: String(node.id),
                configs: RATES.map((name) => ({ name, value: '1024', configOperation: operation })),
              },
            ],
          }),
        ),
      );

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'headwater-reassignment-'));
      cluster = await renderCluster(mode, directory);
      await cluster.start();
      admin = new Admin({ clientId: 'test', ...connection(), retries: 5, retryDelay: 500 });
      // On a busy machine an answer may come too late, of a topic that is made.
      const make = async () => {
        const assignments = Array.from({ length: PARTITIONS }, (_, partition) => ({
          partition,
          brokers: [0, 1],
        }));
        const configs = Object.entries(THROTTLED).map(([name, value]) => ({ name, value }));
        await admin.createTopics({ topics: [TOPIC], partitions: -1, replicas: -1, assignments, configs });
      };
      await waitUntil(
        async () => {
          if (!(await admin.listTopics()).includes(TOPIC)) await make();
          return (await partitions()).every(({ isr }) => isr.length === 2);
        },
        { what: `made, topic ${TOPIC}`, deadlineMs: 60_000, everyMs: 500 },
      );
      const producer = new Producer({ clientId: 'test', ...connection() });
      const value = Buffer.alloc(RECORD_BYTES, 'x');
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const messages = Array.from({ length: BATCH_RECORDS }, () => ({ topic: TOPIC, partition, value }));
        for (let batch = 0; batch < BATCHES; batch += 1)
          await producer.send({ messages, acks: ProduceAcks.ALL });
      }
      await producer.close();
      // Each has seen the partitions before they move.
      await waitUntil(() => allReady(), { what: 'ready, all brokers', deadlineMs: 60_000 });
      await throttle(SET);
    });
    after(async () => {
      await admin.close();
      await cluster.stop();
      await rm(directory, { recursive: true });
    });

    test('brokers that replicas are added to stay ready', async () => {
      await withController((connection) =>
        alterPartitionReassignmentsV0.api.async(connection, 10_000, false, [
          {
            name: TOPIC,
            partitions: [
              { partitionIndex: 0, replicas: [1, 2] },
              { partitionIndex: 1, replicas: [2, 0] },
              { partitionIndex: 2, replicas: [0, 1, 2] },
            ],
          },
        ]),
      );
      await waitUntil(async () => (await partitions()).every(({ replicas }) => replicas.includes(2)), {
        what: 'replicas that are being added',
        deadlineMs: 60_000,
      });
      for (let probe = 0; probe < PROBES; probe += 1) {
        assert.equal(await allReady(), true, `probe ${probe}`);
      }
      assert.ok(
        (await partitions()).every(({ isr }) => !isr.includes(2)),
        'the copy took no time',
      );
      assert.deepEqual(await replicasBeingAdded(), [[2], [2], [2]]);
    });

    test('a topic that is being moved is as it is declared, and keeps the settings of the move', async () => {
      const topics = new TopicsAdmin(connection());
      const declared = { name: TOPIC, partitions: PARTITIONS, replicationFactor: 2 };
      try {
        const configs = { 'retention.ms': '86400000' };
        await converge(
          topics,
          { topics: [{ ...declared, configs }] },
          { deadlineMs: 60_000, log: createLog('test', 'silent') },
        );
        const { found } = await topics.findTopics([TOPIC]);
        assert.deepEqual(found.get(TOPIC), {
          partitions: PARTITIONS,
          replicationFactor: 2,
          configs: { ...THROTTLED, ...configs },
        });
      } finally {
        await topics.close();
      }
    });

    test('a broker that is started anew meanwhile gets ready', async () => {
      await brokerAt(2).stop();
      await brokerAt(2).start();
      assert.deepEqual(await replicasBeingAdded(), [[2], [2], [2]]);
    });

    test('when all is copied, the replicas count like any other', async () => {
      await throttle(DELETE);
      await waitUntil(async () => (await replicasBeingAdded()).length === 0, {
        what: 'moved',
        deadlineMs: 60_000,
      });
      await waitUntil(() => allReady(), { what: 'ready, all brokers', deadlineMs: 60_000 });
      assert.deepEqual(
        (await partitions()).map(({ replicas }) => replicas.toSorted()),
        [
          [1, 2],
          [0, 2],
          [0, 1, 2],
        ],
      );
      assert.equal(
        brokerAt(2).partitionsElsewhere.some((name) => name.startsWith(TOPIC)),
        false,
      );
      assert.deepEqual(
        brokerAt(0).partitionsElsewhere.filter((name) => name.startsWith(TOPIC)),
        ['moved-0'],
      );
    });
  });
}
