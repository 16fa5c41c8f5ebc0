import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { Admin } from '@platformatic/kafka';
import { findTopics } from '../../apps/topics/kafka-topics.ts';
import { makeTopics } from '../../infra/local/application.ts';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';

let directory: string;
let kafka: KafkaCluster;
let admin: Admin;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-topics-'));
  kafka = await KafkaCluster.create({ host: process, directory, brokers: 1, metadata: 'zookeeper' });
  await kafka.start();
  admin = new Admin({ clientId: 'test', bootstrapBrokers: kafka.bootstrapServers.split(',') });
});

after(async () => {
  await admin.close();
  await kafka.stop();
  await rm(directory, { recursive: true });
});

async function find(...names: string[]) {
  return Object.fromEntries((await findTopics(admin, names)).found);
}

test('topics are made as declared, grow, and take declared configs for the whole of their own', async () => {
  const events = { name: 'events', replicationFactor: 1 };
  await makeTopics(process, kafka.bootstrapServers, [
    { ...events, partitions: 2, configs: { 'retention.ms': 60_000, 'min.insync.replicas': 1 } },
    { name: 'plain' },
  ]);
  assert.deepEqual(await find('events', 'plain'), {
    events: {
      partitions: 2,
      replicationFactor: 1,
      configs: { 'retention.ms': '60000', 'min.insync.replicas': '1' },
    },
    plain: { partitions: 1, replicationFactor: 1, configs: {} },
  });

  const grown = [{ ...events, partitions: 4, configs: { 'retention.ms': 90_000 } }];
  await makeTopics(process, kafka.bootstrapServers, grown);
  await makeTopics(process, kafka.bootstrapServers, grown);
  assert.deepEqual((await find('events'))['events'], {
    partitions: 4,
    replicationFactor: 1,
    configs: { 'retention.ms': '90000' },
  });
});

test('a declaration that would lose records changes nothing and fails by name', async () => {
  await makeTopics(process, kafka.bootstrapServers, [{ name: 'shrinking', partitions: 3 }]);
  await assert.rejects(
    makeTopics(process, kafka.bootstrapServers, [
      { name: 'never-made' },
      { name: 'shrinking', partitions: 2, configs: { 'retention.ms': 1 } },
    ]),
    /topic shrinking: partitions must be at least the 3 that it has, got 2/,
  );
  assert.deepEqual(await find('never-made', 'shrinking'), {
    shrinking: { partitions: 3, replicationFactor: 1, configs: {} },
  });
});

test('a topic declared absent is deleted', async () => {
  await makeTopics(process, kafka.bootstrapServers, [{ name: 'old' }]);
  await makeTopics(process, kafka.bootstrapServers, [{ name: 'old', state: 'absent' }]);
  assert.deepEqual(await find('old'), {});
});
