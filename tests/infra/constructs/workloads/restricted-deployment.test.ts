import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import {
  RestrictedDeployment,
  type RestrictedDeploymentProps,
  workloadService,
} from '../../../../infra/constructs/workloads/restricted-deployment.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const identity = { name: 'thing', component: 'test' };
const props: Required<RestrictedDeploymentProps> = {
  name: 'thing',
  namespace: 'headwater',
  identity,
  image: 'thing:1',
  replicas: 2,
  resources: { cpuMillicores: 100, memory: Size.mebibytes(128), ephemeralStorage: Size.gibibytes(2) },
  ports: { http: 8080 },
  readiness: Probe.fromHttpGet('/readyz', { port: 8080 }),
  liveness: Probe.fromHttpGet('/livez', { port: 8080 }),
  startup: Probe.fromTcpSocket({ port: 8080 }),
  terminationGracePeriod: Duration.seconds(40),
  autoscaled: false,
  command: ['run'],
  variables: { B: '2', A: '1' },
  mounts: [{ kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(64) }],
  podAnnotations: { 'headwater/config-hash': 'x' },
  preStopSleep: Duration.seconds(7),
};

function synthesized(changes: Partial<RestrictedDeploymentProps> = {}) {
  return synthesize((chart) => new RestrictedDeployment(chart, 'Thing', { ...props, ...changes }));
}

test('takes every property', () => {
  const { spec } = find(synthesized(), 'Deployment', 'thing');
  const pod = valueAt(spec, 'template', 'spec');
  assert.equal(valueAt(pod, 'terminationGracePeriodSeconds'), 40);
  assert.equal(valueAt(pod, 'containers', 0, 'lifecycle', 'preStop', 'sleep', 'seconds'), 7);
  assert.equal(valueAt(pod, 'containers', 0, 'resources', 'limits', 'ephemeral-storage'), '2Gi');
  assert.deepEqual(valueAt(pod, 'containers', 0, 'env'), [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ]);
  assert.deepEqual(valueAt(pod, 'volumes'), [{ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } }]);
  assert.deepEqual(valueAt(spec, 'template', 'metadata', 'annotations'), { 'headwater/config-hash': 'x' });
});

test('has a disruption budget as soon as there may be two of them', () => {
  const budgeted = (changes: Partial<RestrictedDeploymentProps>) =>
    synthesized(changes).some(({ kind }) => kind === 'PodDisruptionBudget');
  assert.ok(budgeted({}));
  assert.ok(budgeted({ replicas: 1, autoscaled: true }));
  assert.ok(!budgeted({ replicas: 1 }));
});

test('no label of a pod is a hash: moving a construct rolls nothing', () => {
  const labels = valueAt(
    find(synthesized(), 'Deployment', 'thing'),
    'spec',
    'template',
    'metadata',
    'labels',
  );
  assert.deepEqual(Object.keys(labels as object).sort(), [
    'app.kubernetes.io/component',
    'app.kubernetes.io/instance',
    'app.kubernetes.io/name',
    'app.kubernetes.io/part-of',
  ]);
});

test('its Service selects it by the labels that last', () => {
  const objects = synthesize((chart) =>
    workloadService(chart, 'Service', {
      name: 'thing',
      namespace: 'headwater',
      identity,
      ports: { http: 8080 },
    }),
  );
  const deployment = find(synthesized(), 'Deployment', 'thing');
  assert.deepEqual(
    valueAt(find(objects, 'Service', 'thing'), 'spec', 'selector'),
    valueAt(deployment, 'spec', 'selector', 'matchLabels'),
  );
});

test('fails without a replica', () => {
  assert.throws(
    () => synthesized({ replicas: 0 }),
    /thing: replicas must be a whole number of at least 1, got 0/,
  );
});
