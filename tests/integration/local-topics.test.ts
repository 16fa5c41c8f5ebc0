import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import { TopicsAdmin } from '../../apps/topics/topics-admin.ts';
import type { TopicDeclaration } from '../../apps/topics/topic.ts';
import { makeTopics } from '../../infra/local/application.ts';
import { runCommand } from '../../infra/local/command.ts';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';

let directory: string;
let kafka: KafkaCluster;
let admin: TopicsAdmin;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-topics-'));
  kafka = await KafkaCluster.create({ host: process, directory, brokers: 1, metadata: 'zookeeper' });
  await kafka.start();
  admin = new TopicsAdmin({ bootstrapBrokers: kafka.bootstrapServers.split(',') });
});

after(async () => {
  await admin.close();
  await kafka.stop();
  await rm(directory, { recursive: true });
});

test(
  'servers start from the classes that were read once',
  { skip: process.platform !== 'linux' },
  async () => {
    for (const { name, pid } of kafka.processes) {
      assert.match(await readFile(`/proc/${pid}/maps`, 'utf8'), /classes\.jsa/, name);
    }
  },
);

async function find(...names: string[]) {
  return Object.fromEntries((await admin.findTopics(names)).found);
}

/** Sets a topic's setting as somebody else would, by a client of their own. */
async function setByHand(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const other = new Admin({ clientId: 'other', bootstrapBrokers: kafka.bootstrapServers.split(',') });
  stack.defer(() => other.close());
  const { SET } = IncrementalAlterConfigOperationTypes;
  await other.incrementalAlterConfigs({
    resources: [
      {
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName: topic,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: SET })),
      },
    ],
  });
}

/** What the program says about topics, line by line. */
async function runJob(topics: readonly TopicDeclaration[]): Promise<readonly Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  await runCommand(process.execPath, ['apps/topics/main.ts'], {
    host: process,
    cwd: join(import.meta.dirname, '../..'),
    environment: { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers, TOPICS: JSON.stringify(topics) },
    onLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return lines;
}

test('topics are made as declared, grow, and take the settings that are declared', async () => {
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
    configs: { 'retention.ms': '90000', 'min.insync.replicas': '1' },
  });
});

test('a setting that somebody else has set stays, and the log says so; one that is to be reset goes', async () => {
  const tuned = { name: 'tuned', configs: { 'retention.ms': 60_000 } };
  await runJob([tuned]);
  const byHand = { 'delete.retention.ms': '1000', 'max.message.bytes': '2000000' };
  await setByHand('tuned', { ...byHand, 'retention.ms': '5' });

  const said = await runJob([tuned]);
  const own = (await find('tuned'))['tuned']?.configs;
  assert.deepEqual(own, { ...byHand, 'retention.ms': '60000' });
  const [line] = said.filter(({ topic }) => topic === 'tuned');
  assert.deepEqual(line?.['configs'], byHand);
  assert.equal(line['msg'], 'topic has settings that are not declared, and keeps them');

  const told = { ...tuned, reset: ['max.message.bytes'] };
  await runJob([told]);
  await runJob([told]);
  assert.deepEqual((await find('tuned'))['tuned']?.configs, {
    'delete.retention.ms': '1000',
    'retention.ms': '60000',
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
