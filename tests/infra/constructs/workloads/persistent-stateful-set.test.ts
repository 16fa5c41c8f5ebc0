import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import {
  PersistentStatefulSet,
  type PersistentStatefulSetProps,
} from '../../../../infra/constructs/workloads/persistent-stateful-set.ts';
import { find, synthesize, valueAt, type Manifest } from '../../manifests.ts';

const probe = { port: 'client', period: Duration.seconds(5), failureThreshold: 3 };
const minimal: PersistentStatefulSetProps = {
  name: 'store',
  namespace: 'headwater',
  identity: { name: 'store', component: 'server' },
  headlessServiceName: 'store-nodes',
  replicas: 3,
  containerName: 'server',
  image: 'store:1',
  command: ['/start'],
  ports: { client: 7000 },
  claims: [{ name: 'data', size: Size.gibibytes(1), mountPath: '/data' }],
  cpuMillicores: 100,
  memory: Size.mebibytes(512),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: {
    command: ['/ready'],
    period: Duration.seconds(5),
    timeout: Duration.seconds(4),
    failureThreshold: 2,
  },
  terminationGracePeriod: Duration.seconds(60),
  spread: 'required',
};

function synthesizeSet(changes: Partial<PersistentStatefulSetProps> = {}): readonly Manifest[] {
  return synthesize((chart) => new PersistentStatefulSet(chart, 'Store', { ...minimal, ...changes }));
}

function setOf(manifests: readonly Manifest[]): Manifest {
  return find(manifests, 'StatefulSet', 'store');
}

test('takes every property', () => {
  const props: Required<PersistentStatefulSetProps> = {
    priorityClassName: 'important',
    ...minimal,
    variables: { A: 'b', ORDINAL: { fieldPath: 'metadata.name' } },
    files: [
      { name: 'store-config', kind: 'config-map', mountPath: '/etc/store' },
      { name: 'store-key-v1', kind: 'secret', mountPath: '/etc/key' },
    ],
    podAnnotations: { 'headwater/config-hash': 'abc' },
    preStop: ['/stop'],
    minReady: Duration.seconds(7),
    storageClassName: 'fast',
  };
  const set = setOf(synthesizeSet(props));
  const template = valueAt(set, 'spec', 'template');
  const container = valueAt(template, 'spec', 'containers', 0);
  assert.deepEqual(valueAt(template, 'metadata', 'annotations'), { 'headwater/config-hash': 'abc' });
  assert.equal(valueAt(set, 'spec', 'minReadySeconds'), 7);
  assert.equal(valueAt(set, 'spec', 'volumeClaimTemplates', 0, 'spec', 'storageClassName'), 'fast');
  assert.deepEqual(valueAt(container, 'lifecycle', 'preStop', 'exec', 'command'), ['/stop']);
  assert.deepEqual(valueAt(container, 'env'), [
    { name: 'A', value: 'b' },
    { name: 'ORDINAL', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ]);
  assert.deepEqual(valueAt(template, 'spec', 'volumes', 2, 'secret'), {
    secretName: 'store-key-v1',
    defaultMode: 0o440,
  });
});

test('a peer is found by name before it is ready', () => {
  const service = find(synthesizeSet(), 'Service', 'store-nodes');
  assert.equal(valueAt(service, 'spec', 'publishNotReadyAddresses'), true);
  assert.equal(valueAt(service, 'spec', 'clusterIP'), 'None');
});

test('selectors are the three labels that never change', () => {
  const labels = {
    'app.kubernetes.io/component': 'server',
    'app.kubernetes.io/instance': 'headwater',
    'app.kubernetes.io/name': 'store',
  };
  const manifests = synthesizeSet();
  assert.deepEqual(valueAt(setOf(manifests), 'spec', 'selector', 'matchLabels'), labels);
  assert.deepEqual(valueAt(find(manifests, 'Service', 'store-nodes'), 'spec', 'selector'), labels);
  assert.deepEqual(
    valueAt(find(manifests, 'PodDisruptionBudget', 'store'), 'spec', 'selector', 'matchLabels'),
    labels,
  );
});

test('claims outlive the set and its scaling', () => {
  assert.deepEqual(valueAt(setOf(synthesizeSet()), 'spec', 'persistentVolumeClaimRetentionPolicy'), {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
  });
});

test('all pods start at once, and leave one at a time', () => {
  const manifests = synthesizeSet();
  assert.equal(valueAt(setOf(manifests), 'spec', 'podManagementPolicy'), 'Parallel');
  const budget = valueAt(find(manifests, 'PodDisruptionBudget', 'store'), 'spec');
  assert.equal(valueAt(budget, 'maxUnavailable'), 1);
  assert.equal(valueAt(budget, 'unhealthyPodEvictionPolicy'), 'IfHealthyBudget');
});

test('one replica has no disruption budget: it would block every drain', () => {
  assert.equal(
    synthesizeSet({ replicas: 1 }).some(({ kind }) => kind === 'PodDisruptionBudget'),
    false,
  );
});

test('replicas that must be spread are never scheduled together; preferred ones may be', () => {
  const pod = (spread: 'required' | 'preferred') =>
    valueAt(setOf(synthesizeSet({ spread })), 'spec', 'template', 'spec');
  assert.equal(
    valueAt(pod('required'), 'topologySpreadConstraints', 0, 'whenUnsatisfiable'),
    'DoNotSchedule',
  );
  assert.equal(
    valueAt(pod('preferred'), 'topologySpreadConstraints', 0, 'whenUnsatisfiable'),
    'ScheduleAnyway',
  );
  assert.ok(
    valueAt(pod('required'), 'affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
  );
  assert.ok(
    valueAt(
      pod('preferred'),
      'affinity',
      'podAntiAffinity',
      'preferredDuringSchedulingIgnoredDuringExecution',
    ),
  );
});

test('pods have an account of their own without token, no root, no capability and nothing to write but their volumes', () => {
  const manifests = synthesizeSet();
  assert.equal(valueAt(find(manifests, 'ServiceAccount', 'store'), 'automountServiceAccountToken'), false);
  const pod = valueAt(setOf(manifests), 'spec', 'template', 'spec');
  assert.equal(valueAt(pod, 'automountServiceAccountToken'), false);
  assert.deepEqual(valueAt(pod, 'securityContext', 'seccompProfile'), { type: 'RuntimeDefault' });
  assert.deepEqual(valueAt(pod, 'containers', 0, 'securityContext'), {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: 10_001,
    runAsNonRoot: true,
    runAsUser: 10_001,
  });
});

test('fails when two ports have one number', () => {
  assert.throws(
    () => synthesizeSet({ ports: { client: 7000, metrics: 7000 } }),
    /store: port metrics must be a number that no other port of the pod has, got 7000/,
  );
});

test('fails when the name is no DNS label', () => {
  assert.throws(
    () => synthesizeSet({ name: 'Store_1' }),
    /store: name must be a DNS label \(RFC 1123\): at most 63 of a-z, 0-9 and -, no - at either end, got Store_1/,
  );
});

test('fails when there are no replicas', () => {
  assert.throws(
    () => synthesizeSet({ replicas: 0 }),
    /store: replicas must be a whole number of at least 1, got 0/,
  );
});
