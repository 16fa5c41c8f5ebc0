import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  KafkaCertificate,
  type KafkaCertificateProps,
} from '../../../../infra/constructs/kafka/kafka-certificate.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<KafkaCertificateProps> = {
  namespace: 'headwater',
  identity: { name: 'kafka', component: 'broker' },
  secretName: 'kafka-certificate-v2',
  clusterIssuer: 'internal',
  hosts: ['kafka-0.example', 'kafka-1.example'],
};

test('takes every property', () => {
  const manifests = synthesize((chart) => new KafkaCertificate(chart, 'Certificate', props));
  const certificate = find(manifests, 'Certificate', 'kafka');
  assert.equal(certificate.metadata.namespace, 'headwater');
  assert.equal(valueAt(certificate, 'metadata', 'labels', 'app.kubernetes.io/component'), 'broker');
  assert.equal(valueAt(certificate, 'spec', 'secretName'), 'kafka-certificate-v2');
  assert.deepEqual(valueAt(certificate, 'spec', 'issuerRef'), {
    group: 'cert-manager.io',
    kind: 'ClusterIssuer',
    name: 'internal',
  });
  assert.deepEqual(valueAt(certificate, 'spec', 'dnsNames'), ['kafka-0.example', 'kafka-1.example']);
});

test('it is renewed while a third of its time is left: a node reads it when it starts', () => {
  const manifests = synthesize((chart) => new KafkaCertificate(chart, 'Certificate', props));
  const hours = (field: string): number =>
    Number.parseInt(String(valueAt(find(manifests, 'Certificate', 'kafka'), 'spec', field)), 10);
  assert.ok(hours('renewBefore') * 4 > hours('duration'));
});
