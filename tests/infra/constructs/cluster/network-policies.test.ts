import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Connection,
  NetworkPolicies,
  type NetworkPeer,
  type Resolver,
} from '../../../../infra/constructs/cluster/network-policies.ts';
import { mayConnect } from '../../../policies/network-evaluator.ts';
import { synthesize } from '../../manifests.ts';

const producer: NetworkPeer = {
  kind: 'workload',
  namespace: 'headwater',
  identity: { name: 'producer', component: 'collection' },
};
const broker: NetworkPeer = {
  kind: 'workload',
  namespace: 'headwater',
  identity: { name: 'kafka', component: 'broker' },
};

function end(peer: NetworkPeer) {
  assert.ok(peer.kind === 'workload');
  const { name, component } = peer.identity;
  return {
    namespace: peer.namespace,
    labels: {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/instance': 'headwater',
    },
  };
}

function synthesized(connections: readonly Connection[], dns?: readonly Resolver[]) {
  return synthesize((chart) => new NetworkPolicies(chart, 'Network', { connections, ...(dns && { dns }) }));
}

test('one line of the table opens both ends, in one direction, on its ports', () => {
  const objects = synthesized([{ from: producer, to: broker, ports: [9092] }]);
  assert.ok(mayConnect(objects, end(producer), end(broker), 9092));
  assert.ok(!mayConnect(objects, end(producer), end(broker), 9090));
  assert.ok(!mayConnect(objects, end(broker), end(producer), 8080));
});

test('addresses are allowed as they are written, and no others', () => {
  const store: NetworkPeer = { kind: 'addresses', cidrs: ['10.1.0.0/16'] };
  const objects = synthesized([{ from: producer, to: store, ports: [443] }]);
  assert.ok(mayConnect(objects, end(producer), { address: '10.1.2.3' }, 443));
  assert.ok(!mayConnect(objects, end(producer), { address: '10.2.2.3' }, 443));
});

test('a pod that opens connections may ask the DNS, and one that does not may not', () => {
  const dns = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
  const objects = synthesized([{ from: producer, to: broker, ports: [9092] }]);
  assert.ok(mayConnect(objects, end(producer), dns, 53, 'UDP'));
  assert.ok(!mayConnect(objects, end(broker), dns, 53, 'UDP'));
});

for (const [where, address] of [
  ['NodeLocal DNSCache', '169.254.20.10'],
  ['Cloud DNS of GKE', '169.254.169.254'],
] as const) {
  test(`${where} is asked for names without being named, and for nothing else`, () => {
    const objects = synthesized([{ from: producer, to: broker, ports: [9092] }]);
    assert.ok(mayConnect(objects, end(producer), { address }, 53, 'UDP'));
    assert.ok(mayConnect(objects, end(producer), { address }, 53));
    // Cloud DNS answers on the address of the metadata server.
    assert.ok(!mayConnect(objects, end(producer), { address }, 80));
  });
}

test('resolvers that are named are asked instead, each on its own port', () => {
  const labels = { 'dns.operator.openshift.io/daemonset-dns': 'default' };
  const objects = synthesized(
    [{ from: producer, to: broker, ports: [9092] }],
    [
      { kind: 'pods', namespace: 'openshift-dns', labels, port: 5353 },
      { kind: 'addresses', cidrs: ['10.96.0.10/32'] },
    ],
  );
  const openshift = { namespace: 'openshift-dns', labels };
  assert.ok(mayConnect(objects, end(producer), openshift, 5353, 'UDP'));
  assert.ok(!mayConnect(objects, end(producer), openshift, 53, 'UDP'));
  assert.ok(mayConnect(objects, end(producer), { address: '10.96.0.10' }, 53));
  assert.ok(!mayConnect(objects, end(producer), { address: '10.96.0.10' }, 5353));
  const kubeDns = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
  assert.ok(!mayConnect(objects, end(producer), kubeDns, 53, 'UDP'));
});

test('fails with an empty list of addresses, which would let everybody through', () => {
  const nobody: NetworkPeer = { kind: 'addresses', cidrs: [] };
  assert.throws(
    () => synthesized([{ from: nobody, to: broker, ports: [9094] }]),
    /network policies: cidrs must be at least one block of addresses, got \[\]: a rule without peers allows every client/,
  );
});

test('fails with a connection that is none of ours', () => {
  const from: NetworkPeer = { kind: 'namespace', namespace: 'a' };
  const to: NetworkPeer = { kind: 'namespace', namespace: 'b' };
  assert.throws(
    () => synthesized([{ from, to, ports: [80] }]),
    /connections must be connections of a workload: a policy stands at pods of ours, got namespace a to namespace b on 80/,
  );
});
