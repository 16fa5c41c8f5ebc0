import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Access, type AccessProps } from '../../../../infra/constructs/cluster/access.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<AccessProps> = {
  name: 'reader',
  namespace: 'here',
  identity: { name: 'reader', component: 'test' },
  cluster: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  namespaced: {
    there: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] }],
  },
};

test('binds exactly the rights that it is given to one account, whose token is mounted', () => {
  const objects = synthesize((chart) => new Access(chart, 'Access', props));
  assert.equal(find(objects, 'ServiceAccount', 'reader')['automountServiceAccountToken'], true);
  assert.deepEqual(find(objects, 'ClusterRole', 'reader')['rules'], props.cluster);
  assert.deepEqual(find(objects, 'Role', 'reader')['rules'], props.namespaced['there']);
  for (const kind of ['ClusterRoleBinding', 'RoleBinding']) {
    assert.deepEqual(find(objects, kind, 'reader')['subjects'], [
      { kind: 'ServiceAccount', name: 'reader', namespace: 'here' },
    ]);
  }
  assert.equal(valueAt(find(objects, 'RoleBinding', 'reader'), 'metadata', 'namespace'), 'there');
});

test('makes no role of no rights', () => {
  const { name, namespace, identity } = props;
  const objects = synthesize((chart) => new Access(chart, 'Access', { name, namespace, identity }));
  assert.deepEqual(
    objects.map(({ kind }) => kind),
    ['ServiceAccount'],
  );
});
