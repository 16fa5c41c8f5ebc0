import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration } from 'cdk8s';
import {
  Consumer,
  consumerMemory,
  type ConsumerProps,
} from '../../../../infra/constructs/events/consumer.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const MiB = 2 ** 20;
const minimal: ConsumerProps = {
  namespace: 'headwater',
  image: 'application:1',
  replicas: { min: 1, max: 6 },
  cpuMillicores: 250,
  variables: { SHUTDOWN_DEADLINE_MS: '60000', MAX_BUFFERED_BYTES: String(64 * MiB) },
  maxBufferedBytes: 64 * MiB,
  shutdownDeadline: Duration.seconds(60),
  lag: {
    kafka: { bootstrapServers: 'kafka-bootstrap:9092' },
    topic: 'events',
    partitions: 12,
    groupId: 'consumer',
    recordsPerReplica: 50_000,
  },
};

function synthesized(changes: Partial<ConsumerProps> = {}) {
  return synthesize((chart) => new Consumer(chart, 'Consumer', { ...minimal, ...changes }));
}

test('takes every property', () => {
  const props: Required<ConsumerProps> = {
    ...minimal,
    lag: {
      ...minimal.lag,
      kafka: {
        bootstrapServers: 'kafka-bootstrap:9093',
        caSecret: 'kafka-certificate-v1',
        login: { username: 'consumer', passwordSecret: 'kafka-consumer-v1' },
      },
    },
    mounts: [{ kind: 'secret', secretName: 'object-store-v1', path: '/etc/object-store' }],
  };
  const objects = synthesized(props);
  const trigger = valueAt(find(objects, 'ScaledObject', 'consumer'), 'spec', 'triggers', 0);
  assert.deepEqual(valueAt(trigger, 'authenticationRef'), { name: 'consumer' });
  assert.equal(valueAt(trigger, 'metadata', 'sasl'), 'scram_sha512');
  const login = find(objects, 'TriggerAuthentication', 'consumer');
  assert.deepEqual(valueAt(login, 'spec', 'secretTargetRef'), [
    { parameter: 'ca', name: 'kafka-certificate-v1', key: 'ca.crt' },
    { parameter: 'password', name: 'kafka-consumer-v1', key: 'password' },
  ]);
});

test("the pod's memory follows from what may be buffered", () => {
  const memory = (maxBufferedBytes: number) => {
    const variables = { ...minimal.variables, MAX_BUFFERED_BYTES: String(maxBufferedBytes) };
    const pod = valueAt(
      find(synthesized({ maxBufferedBytes, variables }), 'Deployment', 'consumer'),
      ...['spec', 'template', 'spec'],
    );
    return valueAt(pod, 'containers', 0, 'resources', 'limits', 'memory');
  };
  assert.equal(memory(64 * MiB), `${consumerMemory(64 * MiB).toMebibytes()}Mi`);
  assert.ok(consumerMemory(128 * MiB).toMebibytes() - consumerMemory(64 * MiB).toMebibytes() >= 64);
});

test('an autoscaler asks Kafka for the lag, up to a pod for each partition, and takes pods away slowly', () => {
  const { spec } = find(synthesized(), 'ScaledObject', 'consumer');
  assert.equal(valueAt(spec, 'maxReplicaCount'), 6);
  assert.equal(valueAt(spec, 'triggers', 0, 'metadata', 'consumerGroup'), 'consumer');
  const down = valueAt(spec, 'advanced', 'horizontalPodAutoscalerConfig', 'behavior', 'scaleDown');
  assert.equal(valueAt(down, 'policies', 0, 'value'), 1);
  assert.equal(valueAt(find(synthesized(), 'Deployment', 'consumer'), 'spec', 'replicas'), undefined);
});

test('a fixed number of replicas needs no autoscaler', () => {
  const objects = synthesized({ replicas: { min: 2, max: 2 } });
  assert.ok(!objects.some(({ kind }) => kind === 'ScaledObject'));
  assert.equal(valueAt(find(objects, 'Deployment', 'consumer'), 'spec', 'replicas'), 2);
});

test('fails with more pods than partitions', () => {
  assert.throws(
    () => synthesized({ replicas: { min: 1, max: 13 } }),
    /consumer: replicas\.max must be at most the partitions of events \(12\), got 13/,
  );
});

test('fails when the program may buffer what its pod has no memory for', () => {
  assert.throws(
    () => synthesized({ maxBufferedBytes: 32 * MiB }),
    /consumer: variables\.MAX_BUFFERED_BYTES must be maxBufferedBytes \(33554432\), got 67108864/,
  );
});
