import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { NodeCollector, type NodeCollectorProps } from '../../../../infra/constructs/logs/node-collector.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<NodeCollectorProps> = {
  priorityClassName: 'important',
  name: 'collector',
  namespace: 'headwater-logging',
  identity: { name: 'collector', component: 'logging' },
  image: 'collector:1',
  resources: { cpuMillicores: 100, memory: Size.mebibytes(128) },
  ports: { metrics: 1234 },
  readiness: Probe.fromHttpGet('/metrics', { port: 1234 }),
  liveness: Probe.fromTcpSocket({ port: 1234 }),
  podAnnotations: { 'headwater/config-hash': 'x' },
  mounts: [{ kind: 'host', name: 'state', path: '/var/lib/collector', writable: true }],
  nodeNameVariable: 'NODE',
  command: ['collect'],
  variables: { LEVEL: 'info' },
};
const objects = synthesize((chart) => new NodeCollector(chart, 'Collector', props));
const pod = valueAt(find(objects, 'DaemonSet', 'collector'), 'spec', 'template', 'spec');

test('runs on every node, tainted or not, and knows which', () => {
  assert.deepEqual(valueAt(pod, 'tolerations'), [{ operator: 'Exists' }]);
  assert.deepEqual(valueAt(pod, 'containers', 0, 'env'), [
    { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    { name: 'LEVEL', value: 'info' },
  ]);
});

test("is root without any of root's powers, and writes to its state alone", () => {
  const security = valueAt(pod, 'containers', 0, 'securityContext');
  assert.equal(valueAt(security, 'runAsUser'), 0);
  assert.deepEqual(valueAt(security, 'capabilities'), { drop: ['ALL'] });
  assert.equal(valueAt(security, 'readOnlyRootFilesystem'), true);
  const mounts = valueAt(pod, 'containers', 0, 'volumeMounts') as { mountPath: string; readOnly: boolean }[];
  assert.deepEqual(
    mounts.map(({ mountPath, readOnly }) => [mountPath, readOnly]),
    [
      ['/var/log', true],
      ['/var/lib/collector', false],
    ],
  );
});

test('may read pods and namespaces, and nothing else', () => {
  assert.deepEqual(find(objects, 'ClusterRole', 'collector')['rules'], [
    { apiGroups: [''], resources: ['namespaces', 'pods'], verbs: ['get', 'list', 'watch'] },
  ]);
});
