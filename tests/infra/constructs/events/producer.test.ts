import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import { Producer, type ProducerProps } from '../../../../infra/constructs/events/producer.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const minimal: ProducerProps = {
  namespace: 'headwater',
  image: 'application:1',
  replicas: { min: 2, max: 2 },
  resources: { cpuMillicores: 250, memory: Size.mebibytes(256) },
  variables: { KAFKA_TOPIC: 'events', SHUTDOWN_DEADLINE_MS: '20000' },
  shutdownDeadline: Duration.seconds(20),
};

test('takes every property', () => {
  const props: Required<ProducerProps> = {
    ...minimal,
    replicas: { min: 2, max: 6 },
    preStopSleep: Duration.seconds(8),
    targetCpuPercent: 55,
    mounts: [{ kind: 'secret', secretName: 'kafka-producer-v1', path: '/etc/kafka', keys: ['password'] }],
  };
  const objects = synthesize((chart) => new Producer(chart, 'Producer', props));
  const pod = valueAt(find(objects, 'Deployment', 'producer'), 'spec', 'template', 'spec');
  assert.equal(valueAt(pod, 'containers', 0, 'lifecycle', 'preStop', 'sleep', 'seconds'), 8);
  assert.equal(valueAt(pod, 'volumes', 0, 'secret', 'secretName'), 'kafka-producer-v1');
  const scaler = find(objects, 'HorizontalPodAutoscaler', 'producer');
  assert.equal(valueAt(scaler, 'spec', 'metrics', 0, 'resource', 'target', 'averageUtilization'), 55);
});

test('the grace period is the sleep, the deadline and five seconds', () => {
  const objects = synthesize((chart) => new Producer(chart, 'Producer', minimal));
  const pod = valueAt(find(objects, 'Deployment', 'producer'), 'spec', 'template', 'spec');
  assert.equal(valueAt(pod, 'terminationGracePeriodSeconds'), 5 + 20 + 5);
});

test('says how many replicas it has only where no autoscaler decides', () => {
  const replicasOf = (max: number) =>
    valueAt(
      find(
        synthesize((chart) => new Producer(chart, 'Producer', { ...minimal, replicas: { min: 2, max } })),
        'Deployment',
        'producer',
      ),
      ...['spec', 'replicas'],
    );
  assert.equal(replicasOf(2), 2);
  assert.equal(replicasOf(6), undefined);
});

test('a pod comes before another goes', () => {
  const objects = synthesize((chart) => new Producer(chart, 'Producer', minimal));
  const strategy = valueAt(find(objects, 'Deployment', 'producer'), 'spec', 'strategy', 'rollingUpdate');
  assert.deepEqual(strategy, { maxSurge: 1, maxUnavailable: 0 });
});

test('fails when the program and its pod mean different deadlines', () => {
  const variables = { ...minimal.variables, SHUTDOWN_DEADLINE_MS: '60000' };
  assert.throws(
    () => synthesize((chart) => new Producer(chart, 'Producer', { ...minimal, variables })),
    /producer: variables\.SHUTDOWN_DEADLINE_MS must be shutdownDeadline \(20000\), got 60000/,
  );
});

test('fails with fewer replicas at most than at least', () => {
  assert.throws(
    () =>
      synthesize((chart) => new Producer(chart, 'Producer', { ...minimal, replicas: { min: 3, max: 2 } })),
    /producer: replicas\.max must be a whole number of at least 3, got 2/,
  );
});
