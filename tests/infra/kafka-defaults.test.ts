import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import { brokerProperties, controllerProperties } from '../../infra/constructs/kafka/kafka-properties.ts';
import { kraft } from '../../infra/constructs/kafka/kafka-metadata.ts';
import { replicationDefaults, topicDefaults } from '../../infra/kafka-defaults.ts';
import { brokerProperties as localProperties } from '../../infra/local/kafka-properties.ts';

const settingsOf = (brokers: number) => ({
  metadata: kraft({
    version: '4.4.0',
    clusterId: 'c3RhZ2luZy1oZWFkd2F0ZQ',
    controllers: { placement: 'combined' },
  }),
  brokers,
  minInSyncReplicas: Number(replicationDefaults(brokers)['min.insync.replicas']),
  maxMessage: Size.mebibytes(1),
  security: { protocol: 'plaintext' } as const,
  exposure: { kind: 'none' } as const,
  quorum: [],
});

for (const brokers of [1, 3, 5]) {
  test(`brokers of a pod and of this machine have the same defaults, ${brokers} of them`, () => {
    const defaults = { ...replicationDefaults(brokers), ...topicDefaults(brokers) };
    assert.partialDeepStrictEqual(brokerProperties(settingsOf(brokers)), defaults);
    assert.partialDeepStrictEqual(controllerProperties(settingsOf(brokers)), replicationDefaults(brokers));
    const lines = localProperties({
      id: 1,
      port: 9092,
      logDir: '/data',
      brokers,
      metadata: { kind: 'zookeeper', endpoint: '127.0.0.1:2181' },
    }).split('\n');
    for (const [name, value] of Object.entries(defaults)) {
      assert.ok(lines.includes(`${name}=${String(value)}`), name);
    }
  });
}

test('one broker of three may be down, and one alone is enough for itself', () => {
  const replication = (brokers: number) => [
    topicDefaults(brokers)['transaction.state.log.replication.factor'],
    topicDefaults(brokers)['transaction.state.log.min.isr'],
  ];
  assert.deepEqual([1, 3, 5].map(replication), [
    [1, 1],
    [3, 2],
    [3, 2],
  ]);
});
