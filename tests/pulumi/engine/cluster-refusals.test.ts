import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeConfig } from '@kubernetes/client-node';
import { lab } from '../../../infra/environments/lab.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { readCluster } from '../../../infra/pulumi/preflight/cluster.ts';
import { makeAccount, type TestCluster } from './cluster.ts';
import type { Backend } from './stack.ts';
import { refusalOf } from './stack-process.ts';
import { BUILD_DEADLINE, DEADLINE, startStackUnderTest, type StackUnderTest } from './stack-under-test.ts';

let cluster: TestCluster;
let backend: Backend;
let under: StackUnderTest | undefined;
before(async () => {
  if (DEADLINE.skip !== undefined) return;
  under = await startStackUnderTest({ environment: () => lab });
  ({ cluster, backend } = under);
}, BUILD_DEADLINE);

after(() => under?.stop());

test(
  'a cluster that lacks a kind and a StorageClass is refused before anything is applied',
  DEADLINE,
  async () => {
    const said = await refusalOf(backend, 'up', lab);
    assert.match(said ?? '', /ScaledObject \(keda\.sh\/v1alpha1\) is not served: install KEDA/);
    assert.match(said ?? '', /StorageClass: there is no default one/);
    assert.match(
      said ?? '',
      /IngressClass nginx is missing, so no controller serves Ingress headwater\/upload/,
    );
    const { items } = await cluster.core.listNamespace();
    assert.ok(!items.some(({ metadata }) => metadata?.name === 'headwater'));
  },
);

test('an account that may not look is refused, with the right that it lacks', DEADLINE, async () => {
  const visitor = await makeAccount(cluster, 'visitor');
  const where = `cluster of context ${cluster.context} (${cluster.config.getCurrentCluster()?.server ?? ''})`;
  const messageOf = (config: KubeConfig): Promise<string> =>
    readCluster(config, { kinds: [], namespaces: ['headwater'] }).then(
      () => 'nothing',
      (error: unknown) => (error as Error).message,
    );
  const lacks = (what: string, right: string, group: string): string =>
    `${where} refuses to be read (403: ${what} is forbidden: User "system:serviceaccount:default:visitor" cannot ${right} in API group "${group}" at the cluster scope): ask for a role that may read namespaces, nodes, storageclasses, priorityclasses, ingressclasses, gatewayclasses, customresourcedefinitions, resourcequotas, limitranges, pods, persistentvolumeclaims, statefulsets`;
  assert.equal(
    await messageOf(visitor.as('nobody')),
    `${where} does not know you (401): log in again, for EKS with aws sso login or new credentials`,
  );
  assert.equal(
    await messageOf(visitor.config),
    lacks('namespaces "kube-system"', 'get resource "namespaces"', '').replace(
      'at the cluster scope',
      'in the namespace "kube-system"',
    ),
  );

  const metadata = { name: 'visitor' };
  const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }];
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await cluster.objects.create({ apiVersion, kind: 'ClusterRole', metadata, rules });
  await cluster.objects.create({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'visitor' },
    subjects: [{ kind: 'ServiceAccount', name: 'visitor', namespace: 'default' }],
  });
  const partly = lacks('storageclasses.storage.k8s.io', 'list resource "storageclasses"', 'storage.k8s.io');
  await waitUntil(async () => (await messageOf(visitor.config)) === partly, {
    what: partly,
    deadlineMs: 60_000,
  });
});
