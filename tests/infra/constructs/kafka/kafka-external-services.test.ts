import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  KafkaExternalServices,
  type KafkaExternalServicesProps,
} from '../../../../infra/constructs/kafka/kafka-external-services.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<KafkaExternalServicesProps> = {
  namespace: 'headwater',
  identity: { name: 'kafka', component: 'broker' },
  podNames: ['kafka-0', 'kafka-1'],
  exposure: {
    kind: 'load-balancer',
    hosts: ['a.example.com', 'b.example.com'],
    bootstrapHost: 'k.example.com',
    annotations: { 'example.com/balancer': 'internal' },
  },
};

test('takes every property', () => {
  const manifests = synthesize((chart) => new KafkaExternalServices(chart, 'External', props));
  const hostOf = (name: string): unknown =>
    valueAt(
      find(manifests, 'Service', name),
      ...['metadata', 'annotations', 'external-dns.alpha.kubernetes.io/hostname'],
    );
  assert.equal(hostOf('kafka-external-bootstrap'), 'k.example.com');
  assert.equal(hostOf('kafka-external-0'), 'a.example.com');
  assert.equal(hostOf('kafka-external-1'), 'b.example.com');
  assert.equal(manifests.length, 3);
  for (const manifest of manifests) {
    assert.equal(manifest.metadata.namespace, 'headwater');
    assert.equal(valueAt(manifest, 'spec', 'type'), 'LoadBalancer');
    assert.equal(valueAt(manifest, 'metadata', 'annotations', 'example.com/balancer'), 'internal');
    assert.equal(valueAt(manifest, 'metadata', 'labels', 'app.kubernetes.io/component'), 'broker');
  }
});

test('the bootstrap reaches any broker, each address its own alone', () => {
  const manifests = synthesize((chart) => new KafkaExternalServices(chart, 'External', props));
  const selectorOf = (name: string): unknown => valueAt(find(manifests, 'Service', name), 'spec', 'selector');
  assert.deepEqual(selectorOf('kafka-external-bootstrap'), {
    'app.kubernetes.io/component': 'broker',
    'app.kubernetes.io/instance': 'headwater',
    'app.kubernetes.io/name': 'kafka',
  });
  assert.deepEqual(selectorOf('kafka-external-1'), { 'statefulset.kubernetes.io/pod-name': 'kafka-1' });
});

for (const exposure of [
  props.exposure,
  { kind: 'node-port', hosts: ['a.example.com', 'b.example.com'], firstNodePort: 31_000 },
] as const) {
  test(`by ${exposure.kind}, brokers see the addresses of their clients, and each has a name for where it runs`, () => {
    const manifests = synthesize(
      (chart) => new KafkaExternalServices(chart, 'External', { ...props, exposure }),
    );
    for (const manifest of manifests) {
      assert.equal(valueAt(manifest, 'spec', 'externalTrafficPolicy'), 'Local');
    }
    const second = find(manifests, 'Service', 'kafka-external-1');
    assert.equal(
      valueAt(second, 'metadata', 'annotations', 'external-dns.alpha.kubernetes.io/hostname'),
      'b.example.com',
    );
  });
}
