import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '../../../apps/topics/config.ts';

function readTopics(topics: unknown) {
  const TOPICS = typeof topics === 'string' ? topics : JSON.stringify(topics);
  return readConfig({ KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092', TOPICS }).topics;
}

test('configs may be numbers and truth values, which Kafka takes as text', () => {
  assert.deepEqual(
    readTopics([{ name: 'events', partitions: 6, configs: { 'retention.ms': 60_000, preallocate: true } }]),
    [{ name: 'events', partitions: 6, configs: { 'retention.ms': '60000', preallocate: 'true' } }],
  );
});

for (const [what, topics, message] of [
  ['text that is not JSON', '[', /TOPICS must be a JSON list of topics \(.*JSON.*\), got "\["/],
  ['what is not a list', { name: 'events' }, /TOPICS must be a JSON list of topics, got "\{/],
  ['a name that Kafka refuses', [{ name: 'a b' }], /TOPICS\[0\].* 1 to 249 letters, digits, dots, _ or -/],
  ['no partitions', [{ name: 'events', partitions: 0 }], /TOPICS\[0\]\.partitions: .*>=1, got 0/],
  ['a property that is not known', [{ name: 'events', retention: 5 }], /TOPICS\[0\].*"retention"/],
  [
    'a setting that is both set and reset',
    [{ name: 'events', configs: { 'segment.ms': 5 }, reset: ['segment.ms'] }],
    /TOPICS\[0\]\.reset: must not name a setting in both configs and reset/,
  ],
  [
    'a topic named twice',
    [{ name: 'a' }, { name: 'a', state: 'absent' }],
    /TOPICS must be a list that names each topic once, got "\[/,
  ],
] as const) {
  test(`${what} is refused, and the error says where it stands`, () => {
    assert.throws(() => readTopics(topics), message);
  });
}

test('settings of all brokers are text by name, none by default, and what is not is refused', () => {
  const read = (CLUSTER_CONFIGS: string) =>
    readConfig({ KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092', TOPICS: '[]', CLUSTER_CONFIGS }).clusterConfigs;
  assert.deepEqual(read('{"min.insync.replicas":2}'), { 'min.insync.replicas': '2' });
  assert.deepEqual(read(''), {});
  assert.throws(() => read('['), /CLUSTER_CONFIGS must be a JSON object of settings \(.*\), got "\["/);
  assert.throws(() => read('{"a":null}'), /CLUSTER_CONFIGS\.a: .*, got null/);
});

test('TOPICS is required', () => {
  assert.throws(
    () => readConfig({ KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092' }),
    /TOPICS is required: a JSON list of topics/,
  );
});
