import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import {
  KafkaControllers,
  type KafkaControllersProps,
} from '../../../../infra/constructs/kafka/kafka-controllers.ts';
import { kraft, type SeparateControllers } from '../../../../infra/constructs/kafka/kafka-metadata.ts';
import { kafkaNodes } from '../../../../infra/constructs/kafka/kafka-nodes.ts';
import { find, synthesize, valueAt, type Manifest } from '../../manifests.ts';

const controllers: Required<SeparateControllers> = {
  placement: 'separate',
  replicas: 3,
  volume: Size.gibibytes(10),
  cpuMillicores: 150,
  memory: Size.gibibytes(1),
  heap: Size.mebibytes(384),
};
const metadata = kraft({ version: '4.4.0', clusterId: 'c3RhZ2luZy1oZWFkd2F0ZQ', controllers });
const nodes = kafkaNodes(metadata, 3, 'headwater.svc.cluster.local');
const props: Required<KafkaControllersProps> = {
  priorityClassName: 'important',
  namespace: 'headwater',
  image: 'kafka:4',
  metadata,
  controllers,
  nodes: nodes.controllers,
  settings: {
    metadata,
    brokers: 3,
    minInSyncReplicas: 2,
    maxMessage: Size.mebibytes(1),
    security: { protocol: 'tls', certificateSecret: 'kafka-certificate-v3', clientAuthentication: 'none' },
    exposure: { kind: 'none' },
    quorum: nodes.quorum,
  },
  spread: 'required',
  storageClassName: 'fast',
};

function set(): Manifest {
  const manifests = synthesize((chart) => new KafkaControllers(chart, 'Controllers', props));
  return find(manifests, 'StatefulSet', 'kafka-controller');
}

test('takes every property', () => {
  const controller = set();
  assert.equal(controller.metadata.namespace, 'headwater');
  assert.equal(valueAt(controller, 'spec', 'replicas'), 3);
  const claim = valueAt(controller, 'spec', 'volumeClaimTemplates', 0, 'spec');
  assert.equal(valueAt(claim, 'storageClassName'), 'fast');
  assert.equal(valueAt(claim, 'resources', 'requests', 'storage'), '10Gi');
  const pod = valueAt(controller, 'spec', 'template', 'spec');
  assert.equal(valueAt(pod, 'topologySpreadConstraints', 0, 'whenUnsatisfiable'), 'DoNotSchedule');
  assert.match(JSON.stringify(valueAt(pod, 'volumes')), /"secretName":"kafka-certificate-v3"/);
  const container = valueAt(pod, 'containers', 0);
  assert.equal(valueAt(container, 'image'), 'kafka:4');
  assert.equal(valueAt(container, 'resources', 'requests', 'cpu'), '150m');
  assert.equal(valueAt(container, 'resources', 'limits', 'memory'), '1Gi');
  const variables = valueAt(container, 'env') as { name: string; value?: string }[];
  assert.deepEqual(
    variables.map(({ name, value }) => `${name}=${value ?? ''}`),
    ['CLUSTER_ID=c3RhZ2luZy1oZWFkd2F0ZQ', 'DEPARTURE_TIMEOUT_S=300', 'HEAP_MIB=384', 'POD_INDEX='],
  );
});

test('a node that leaves has time for its gate and for a clean shutdown of at least 120 s', () => {
  const pod = valueAt(set(), 'spec', 'template', 'spec');
  assert.deepEqual(valueAt(pod, 'containers', 0, 'lifecycle', 'preStop', 'exec', 'command'), [
    '/opt/headwater/bin/controller-before-stop.sh',
  ]);
  assert.equal(valueAt(pod, 'terminationGracePeriodSeconds'), 300 + 120);
});
