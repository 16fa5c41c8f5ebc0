import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { production } from '../../infra/environments/production.ts';
import { readEnvironment } from '../../infra/environments/read-environment.ts';
import { type End, mayConnect } from '../policies/network-evaluator.ts';
import { objectsOf } from '../policies/platform-objects.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/network.md'), 'utf8');

const KUBE_DNS: End = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
const NODE_LOCAL: End = { address: '169.254.20.10' };
const CLOUD_DNS: End = { address: '169.254.169.254' };

/** Who answers in each kind of cluster, by the words that stand before its example. */
const RESOLVERS: Readonly<Record<string, readonly [End, port: number][]>> = {
  'took over the address of the Service': [
    [KUBE_DNS, 53],
    [NODE_LOCAL, 53],
    [{ address: '10.96.0.10' }, 53],
  ],
  'as pods in the pod network': [
    [KUBE_DNS, 53],
    [{ namespace: 'kube-system', labels: { 'k8s-app': 'node-local-dns' } }, 53],
  ],
  'GKE with Cloud DNS': [[CLOUD_DNS, 53]],
  OpenShift: [
    [{ namespace: 'openshift-dns', labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } }, 5353],
  ],
};

const examples = [...page.matchAll(/\n([^\n]+(?:\n[^\n]+)*)\n\n```ts\n(dns: [\s\S]*?)```/g)].map(
  ([, words = '', text = '']) => ({ words, text }),
);

/** Whether a producer may ask a resolver, both ways that DNS has. */
function mayAsk(network: object, resolver: End, port: number): boolean {
  const objects = objectsOf(
    readEnvironment({ ...production, network: { ...production.network, ...network } }),
  );
  const producer: End = {
    namespace: production.namespaces.pipeline,
    labels: {
      'app.kubernetes.io/name': 'producer',
      'app.kubernetes.io/component': 'collection',
      'app.kubernetes.io/instance': 'headwater',
    },
  };
  return (['UDP', 'TCP'] as const).every((protocol) =>
    mayConnect(objects, producer, resolver, port, protocol),
  );
}

test('each kind of cluster that is documented has its example, and no other', () => {
  assert.deepEqual(
    examples.map(({ words }) => Object.keys(RESOLVERS).filter((known) => words.includes(known))),
    Object.keys(RESOLVERS).map((known) => [known]),
  );
});

for (const [where, resolvers] of Object.entries(RESOLVERS)) {
  test(`the example for "${where}" lets pods ask every resolver there`, () => {
    const { text = '' } = examples.find(({ words }) => words.includes(where)) ?? {};
    const network = JSON.parse(JSON.stringify(runInNewContext(`({ ${text} })`))) as object;
    for (const [resolver, port] of resolvers)
      assert.ok(mayAsk(network, resolver, port), JSON.stringify(resolver));
  });
}

test('without an example, the three usual resolvers are asked', () => {
  for (const resolver of [KUBE_DNS, NODE_LOCAL, CLOUD_DNS]) assert.ok(mayAsk({}, resolver, 53));
});
