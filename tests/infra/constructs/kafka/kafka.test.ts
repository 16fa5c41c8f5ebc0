import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import type { KafkaProps } from '../../../../infra/constructs/kafka/kafka.ts';
import { find, valueAt, type Manifest } from '../../manifests.ts';
import { containerOf, fileOf, minimal, separate, synthesizeKafka } from './synthesized-kafka.ts';

function hashOf(manifests: readonly Manifest[]): unknown {
  const template = valueAt(find(manifests, 'StatefulSet', 'kafka'), 'spec', 'template');
  return valueAt(template, 'metadata', 'annotations', 'headwater/config-hash');
}

test('takes every property', () => {
  const props: Required<KafkaProps> = {
    priorityClassName: 'important',
    ...minimal,
    minInSyncReplicas: 1,
    heap: Size.mebibytes(768),
    maxMessage: Size.mebibytes(2),
    security: { protocol: 'tls', certificateSecret: 'kafka-v1', clientAuthentication: 'scram-sha-512' },
    exposure: { kind: 'load-balancer', hosts: ['a.x.io', 'b.x.io', 'c.x.io'], bootstrapHost: 'k.x.io' },
    readsRackFromPodLabel: true,
    departureTimeout: Duration.minutes(2),
    recoveryTime: Duration.minutes(40),
    minReady: Duration.seconds(9),
    storageClassName: 'fast',
    clusterDomain: 'example.internal',
  };
  const manifests = synthesizeKafka(props);
  const container = containerOf(manifests);
  assert.deepEqual(
    Object.fromEntries(
      (valueAt(container, 'env') as { name: string; value?: string }[]).map(({ name, value }) => [
        name,
        value,
      ]),
    ),
    {
      DEPARTURE_TIMEOUT_S: '120',
      HEAP_MIB: '768',
      MIN_INSYNC_REPLICAS: '1',
      POD_INDEX: undefined,
      RACK: undefined,
    },
  );
  assert.equal(valueAt(container, 'startupProbe', 'failureThreshold'), 240);
  assert.equal(valueAt(find(manifests, 'StatefulSet', 'kafka'), 'spec', 'minReadySeconds'), 9);
  assert.match(fileOf(manifests, 'server.properties'), /^message\.max\.bytes=2097152$/m);
});

test('a broker may recover its log for at least 20 minutes, and liveness depends on nobody else', () => {
  const container = containerOf(synthesizeKafka());
  const { periodSeconds, failureThreshold } = valueAt(container, 'startupProbe') as Record<string, number>;
  assert.ok((periodSeconds ?? 0) * (failureThreshold ?? 0) >= 1200);
  assert.deepEqual(valueAt(container, 'livenessProbe', 'tcpSocket'), { port: 'replication' });
});

test('a roll waits for each broker: readiness as its peers see it, kept for a while', () => {
  const manifests = synthesizeKafka();
  assert.deepEqual(valueAt(containerOf(manifests), 'readinessProbe', 'exec', 'command'), [
    '/opt/headwater/bin/ready.sh',
  ]);
  assert.ok(Number(valueAt(find(manifests, 'StatefulSet', 'kafka'), 'spec', 'minReadySeconds')) >= 10);
});

test('a broker that leaves has time for its gate and for a clean shutdown of at least 120 s', () => {
  const manifests = synthesizeKafka({ departureTimeout: Duration.seconds(90) });
  assert.deepEqual(valueAt(containerOf(manifests), 'lifecycle', 'preStop', 'exec', 'command'), [
    '/opt/headwater/bin/before-stop.sh',
  ]);
  const pod = valueAt(find(manifests, 'StatefulSet', 'kafka'), 'spec', 'template', 'spec');
  assert.equal(valueAt(pod, 'terminationGracePeriodSeconds'), 90 + 120);
});

test('topics are never made by a misspelt name, and an unclean leader never elected', () => {
  const properties = fileOf(synthesizeKafka(), 'server.properties');
  assert.match(properties, /^auto\.create\.topics\.enable=false$/m);
  assert.match(properties, /^unclean\.leader\.election\.enable=false$/m);
});

for (const [brokers, replicas, inSync] of [
  [1, 1, 1],
  [2, 2, 1],
  [3, 3, 2],
  [5, 3, 2],
] as const) {
  test(`internal topics of ${brokers} brokers have ${replicas} replicas, ${inSync} of them in sync`, () => {
    const properties = fileOf(synthesizeKafka({ brokers }), 'server.properties');
    assert.match(properties, new RegExp(`^offsets\\.topic\\.replication\\.factor=${replicas}$`, 'm'));
    assert.match(
      properties,
      new RegExp(`^transaction\\.state\\.log\\.replication\\.factor=${replicas}$`, 'm'),
    );
    assert.match(properties, new RegExp(`^min\\.insync\\.replicas=${inSync}$`, 'm'));
  });
}

test('a changed setting rolls the brokers, a further broker does not', () => {
  const before = hashOf(synthesizeKafka({ brokers: 3 }));
  assert.equal(hashOf(synthesizeKafka({ brokers: 4 })), before);
  assert.notEqual(hashOf(synthesizeKafka({ maxMessage: Size.mebibytes(2) })), before);
});

test('a changed outside address rolls the brokers', () => {
  const exposed = (last: string) =>
    hashOf(
      synthesizeKafka({
        exposure: { kind: 'node-port', hosts: ['a.x.io', 'b.x.io', last], firstNodePort: 30_100 },
      }),
    );
  assert.notEqual(exposed('c.x.io'), exposed('d.x.io'));
});

test('each exposed broker has an address of its own, and all are reached while they catch up', () => {
  const manifests = synthesizeKafka({
    exposure: { kind: 'node-port', hosts: ['a.x.io', 'b.x.io', 'c.x.io'], firstNodePort: 30_100 },
  });
  const bootstrap = find(manifests, 'Service', 'kafka-bootstrap');
  assert.equal(valueAt(bootstrap, 'spec', 'publishNotReadyAddresses'), true);
  for (const id of [0, 1, 2]) {
    const service = find(manifests, 'Service', `kafka-external-${id}`);
    assert.equal(valueAt(service, 'spec', 'type'), 'NodePort');
    assert.equal(valueAt(service, 'spec', 'ports', 0, 'nodePort'), 30_101 + id);
    assert.equal(valueAt(service, 'spec', 'publishNotReadyAddresses'), true);
    assert.deepEqual(valueAt(service, 'spec', 'selector'), {
      'statefulset.kubernetes.io/pod-name': `kafka-${id}`,
    });
  }
});

test('unexposed brokers have no address outside', () => {
  const services = synthesizeKafka().filter(({ kind }) => kind === 'Service');
  assert.deepEqual(services.map(({ metadata }) => metadata.name).sort(), [
    'kafka-bootstrap',
    'kafka-brokers',
  ]);
});

test('the rack comes from a label of the pod, without rights in the cluster', () => {
  const manifests = synthesizeKafka({ readsRackFromPodLabel: true });
  const rack = (valueAt(containerOf(manifests), 'env') as { name: string }[]).find(
    ({ name }) => name === 'RACK',
  );
  assert.deepEqual(rack, {
    name: 'RACK',
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } },
  });
  assert.equal(
    manifests.some(({ kind }) => kind.includes('Role')),
    false,
  );
});

test('with TLS no key is in a ConfigMap: Kafka reads the Secret itself', () => {
  const manifests = synthesizeKafka({
    security: { protocol: 'tls', certificateSecret: 'kafka-v1', clientAuthentication: 'none' },
  });
  assert.match(
    fileOf(manifests, 'server.properties'),
    /^ssl\.keystore\.key=\$\{directory:\/etc\/headwater-certificate:tls\.key\}$/m,
  );
  assert.match(
    fileOf(manifests, 'server.properties'),
    /^listener\.name\.replication\.ssl\.client\.auth=required$/m,
  );
});

test('cert-manager makes the certificate for every name that a client or another node calls', () => {
  const manifests = synthesizeKafka({
    metadata: separate,
    exposure: { kind: 'load-balancer', hosts: ['a.x.io', 'b.x.io', 'c.x.io'], bootstrapHost: 'k.x.io' },
    security: {
      protocol: 'tls',
      certificateSecret: 'kafka-v1',
      clusterIssuer: 'internal',
      clientAuthentication: 'none',
    },
  });
  const certificate = find(manifests, 'Certificate', 'kafka');
  assert.equal(valueAt(certificate, 'spec', 'secretName'), 'kafka-v1');
  assert.equal(valueAt(certificate, 'spec', 'privateKey', 'encoding'), 'PKCS8');
  const inside = (name: string) => `${name}.headwater.svc.cluster.local`;
  assert.deepEqual(valueAt(certificate, 'spec', 'dnsNames'), [
    inside('kafka-bootstrap'),
    inside('kafka-brokers'),
    ...[0, 1, 2].map((id) => inside(`kafka-${id}.kafka-brokers`)),
    ...[0, 1, 2].map((id) => inside(`kafka-controller-${id}.kafka-controllers`)),
    'k.x.io',
    'a.x.io',
    'b.x.io',
    'c.x.io',
  ]);
});

test('fails when one broker down would stop every write', () => {
  assert.throws(
    () => synthesizeKafka({ minInSyncReplicas: 3 }),
    /kafka: minInSyncReplicas must be at least 1 and below brokers \(3\), got 3: one broker down would stop every write/,
  );
});

test('fails when a recovering broker would be killed', () => {
  assert.throws(
    () => synthesizeKafka({ recoveryTime: Duration.minutes(5) }),
    /kafka: recoveryTime must be at least 20 minutes, got 5 minutes: a broker that is killed while it recovers its log begins again/,
  );
});

test('fails when the largest batch is larger than a request', () => {
  assert.throws(
    () => synthesizeKafka({ maxMessage: Size.mebibytes(100) }),
    /kafka: maxMessage must be below 100 MiB, the largest request that a broker reads, got 102400 KiB/,
  );
});
