import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import {
  SecureNamespace,
  type SecureNamespaceProps,
} from '../../../../infra/constructs/cluster/secure-namespace.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<SecureNamespaceProps> = {
  name: 'headwater',
  podSecurity: 'restricted',
  quota: { cpuMillicores: 4000, memory: Size.gibibytes(16), pods: 30 },
};

function synthesized(changes: Partial<SecureNamespaceProps> = {}) {
  return synthesize((chart) => new SecureNamespace(chart, 'Namespace', { ...props, ...changes }));
}

test('refuses pods below its level, and reports those below restricted', () => {
  const labels = valueAt(
    find(synthesized({ podSecurity: 'baseline' }), 'Namespace', 'headwater'),
    'metadata',
    'labels',
  );
  assert.equal(valueAt(labels, 'pod-security.kubernetes.io/enforce'), 'baseline');
  assert.equal(valueAt(labels, 'pod-security.kubernetes.io/warn'), 'restricted');
});

test('bounds the sum of its pods, and what a container gets that asks for nothing', () => {
  const { hard } = find(synthesized(), 'ResourceQuota', 'sum')['spec'] as { hard: unknown };
  assert.deepEqual(hard, {
    'limits.memory': '16384Mi',
    pods: '30',
    'requests.cpu': '4000m',
    'requests.memory': '16384Mi',
  });
  const limits = valueAt(find(synthesized(), 'LimitRange', 'unstated'), 'spec', 'limits', 0);
  assert.equal(valueAt(limits, 'default', 'memory'), valueAt(limits, 'defaultRequest', 'memory'));
  assert.equal(valueAt(limits, 'default', 'cpu'), undefined);
});

test('lets no traffic through by itself', () => {
  assert.deepEqual(find(synthesized(), 'NetworkPolicy', 'default-deny')['spec'], {
    podSelector: {},
    policyTypes: ['Egress', 'Ingress'],
  });
});

test('fails with a name that is no DNS label', () => {
  assert.throws(() => synthesized({ name: 'Head_water' }), /namespace: name must be a DNS label/);
});
