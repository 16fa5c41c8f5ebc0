import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allEnvironments } from '../../infra/all-environments.ts';
import { dev } from '../../../infra/environments/dev.ts';
import type { NamespaceFacts } from '../../../infra/pulumi/preflight/cluster-facts.ts';
import { runsOn, type Node, type PodTemplate } from '../../../infra/pulumi/preflight/pod-demand.ts';
import { deployUnderMocks, type DeployUnderMocks } from '../program/stacks.ts';

const EMPTY: NamespaceFacts = { quotas: [], limitRanges: [], pods: [], claims: [] };

/** The namespace of dev's pipeline with these bounds; what was said, one line each. */
async function saidOf(facts: Partial<NamespaceFacts>, options: DeployUnderMocks = {}) {
  const namespaces = new Map([['headwater', { ...EMPTY, ...facts }]]);
  const { error, warnings, registered } = await deployUnderMocks({ cluster: { namespaces }, ...options });
  if (error !== undefined) assert.deepEqual(registered, [], 'something was registered before the refusal');
  return { errors: error?.split('\n').slice(1) ?? [], warnings };
}

const quota = (hard: Readonly<Record<string, string>>) => ({ quotas: [{ name: 'team', hard }] });

const pod = (memory: string, labels: Readonly<Record<string, string>>) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'main', resources: { requests: { memory } } }] },
});
const claim = (name: string, storage: string) => ({ name, storage, storageClassName: 'standard' });
const brokerLabels = {
  'app.kubernetes.io/name': 'kafka',
  'app.kubernetes.io/instance': 'headwater',
  'app.kubernetes.io/component': 'broker',
};

const refused: readonly {
  readonly what: string;
  readonly facts: Partial<NamespaceFacts>;
  readonly says: string;
}[] = [
  {
    what: 'memory',
    facts: quota({ 'requests.memory': '2Gi' }),
    says: '- ResourceQuota headwater/team: requests.memory: the platform asks for 2.79Gi, 2Gi of 2Gi are free: raise it, or ask for less in the environment',
  },
  {
    what: 'CPU, by its short word',
    facts: quota({ cpu: '500m' }),
    says: '- ResourceQuota headwater/team: cpu: the platform asks for 550m, 500m of 500m are free: raise it, or ask for less in the environment',
  },
  {
    what: 'limits of memory',
    facts: quota({ 'limits.memory': '1Gi' }),
    says: '- ResourceQuota headwater/team: limits.memory: the platform asks for 2.79Gi, 1Gi of 1Gi are free: raise it, or ask for less in the environment',
  },
  {
    what: 'pods, of which others have some',
    facts: { ...quota({ pods: '5' }), pods: [pod('1Gi', { app: 'other' }), pod('1Gi', { app: 'other' })] },
    says: '- ResourceQuota headwater/team: pods: the platform asks for 4, 3 of 5 are free: raise it, or ask for less in the environment',
  },
  {
    what: 'claims',
    facts: quota({ persistentvolumeclaims: '2' }),
    says: '- ResourceQuota headwater/team: persistentvolumeclaims: the platform asks for 3, 2 of 2 are free: raise it, or ask for less in the environment',
  },
  {
    what: 'storage, of which others have some',
    facts: { ...quota({ 'requests.storage': '14Gi' }), claims: [claim('others', '5Gi')] },
    says: '- ResourceQuota headwater/team: requests.storage: the platform asks for 12Gi, 9Gi of 14Gi are free: raise it, or ask for less in the environment',
  },
  {
    what: 'storage of the default class',
    facts: quota({ 'standard.storageclass.storage.k8s.io/requests.storage': '10Gi' }),
    says: '- ResourceQuota headwater/team: standard.storageclass.storage.k8s.io/requests.storage: the platform asks for 12Gi, 10Gi of 10Gi are free: raise it, or ask for less in the environment',
  },
  {
    what: 'what containers do not state',
    facts: quota({ 'limits.cpu': '100' }),
    says: '- ResourceQuota headwater/team: limits.cpu must be stated by every container, container server of StatefulSet headwater/zookeeper states none, so that no pod would be made: take limits.cpu out of the quota, or give a LimitRange of the namespace a default',
  },
  {
    what: 'a container that is too large',
    facts: { limitRanges: [{ name: 'team', limits: [{ type: 'Container', max: { memory: '1Gi' } }] }] },
    says: '- LimitRange headwater/team: memory of a Container must be at most 1Gi, container broker of StatefulSet headwater/kafka asks for 1.5Gi: change the LimitRange, or what the environment asks for',
  },
  {
    what: 'a pod that is too small',
    facts: { limitRanges: [{ name: 'team', limits: [{ type: 'Pod', min: { cpu: '200m' } }] }] },
    says: '- LimitRange headwater/team: cpu of a Pod must be at least 200m, a pod of StatefulSet headwater/zookeeper asks for 100m: change the LimitRange, or what the environment asks for',
  },
  {
    what: 'a claim that is too large',
    facts: {
      limitRanges: [{ name: 'team', limits: [{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }] }],
    },
    says: '- LimitRange headwater/team: storage of a PersistentVolumeClaim must be at most 5Gi, data-kafka-0 of StatefulSet headwater/kafka asks for 10Gi: change the LimitRange, or what the environment asks for',
  },
];
for (const { what, facts, says } of refused) {
  test(`a bound in the way is named before anything is applied: ${what}`, async () => {
    const { errors } = await saidOf(facts);
    assert.ok(errors.includes(says), errors.join('\n'));
  });
}

test('what fits to the last byte is no error, and what would not fit when scaled out is a warning', async () => {
  const { errors, warnings } = await saidOf(quota({ pods: '4', cpu: '550m' }));
  assert.deepEqual(errors, []);
  assert.deepEqual(warnings, [
    'ResourceQuota headwater/team: pods: scaled out, and while it is rolled, the platform asks for 10, 4 of 4 are free: raise it, or ask for less in the environment',
    'ResourceQuota headwater/team: cpu: scaled out, and while it is rolled, the platform asks for 1100m, 550m of 550m are free: raise it, or ask for less in the environment',
  ]);
});

test('what the platform itself has there already counts once', async () => {
  const { errors } = await saidOf({
    ...quota({ 'requests.memory': '3Gi', 'requests.storage': '12Gi' }),
    pods: [pod('1536Mi', brokerLabels)],
    claims: [claim('data-kafka-0', '10Gi')],
  });
  assert.deepEqual(errors, []);
});

test('a container that states nothing gets what a LimitRange gives it', async () => {
  const limits = [{ type: 'Container', default: { cpu: '1' } }];
  const { errors } = await saidOf({
    ...quota({ 'limits.cpu': '4' }),
    limitRanges: [{ name: 'team', limits }],
  });
  assert.deepEqual(errors, []);
  const three = await saidOf({ ...quota({ 'limits.cpu': '3' }), limitRanges: [{ name: 'team', limits }] });
  assert.match(three.errors.join('\n'), /limits\.cpu: the platform asks for 4, 3 of 3 are free/);
});

test('a quota of the environment’s own counts as it will be, and its property is named', async () => {
  const environment = structuredClone(dev);
  environment.quotas.pipeline.memoryGi = 2;
  const live = { quotas: [{ name: 'sum', hard: { 'requests.memory': '16Gi' } }] };
  assert.deepEqual((await saidOf(live, { environment })).errors, [
    '- ResourceQuota headwater/sum: limits.memory: the platform asks for 2.79Gi, 2Gi of 2Gi are free: raise quotas.pipeline in the environment',
    '- ResourceQuota headwater/sum: requests.memory: the platform asks for 2.79Gi, 2Gi of 2Gi are free: raise quotas.pipeline in the environment',
  ]);
});

test('collectors are counted on the nodes that they run on', async () => {
  const node: Node = { labels: {}, taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] };
  const { error } = await deployUnderMocks({ cluster: { nodes: Array.from({ length: 21 }, () => node) } });
  assert.match(
    error ?? '',
    /ResourceQuota headwater-logging\/sum: pods: the platform asks for 21, 11 of 11 are free: raise logging\.maxNodes in the environment/,
  );
});

for (const environment of Object.values(allEnvironments)) {
  test(`${environment.name} fits its own quotas on three nodes, scaled out and while it is rolled`, async () => {
    const nodes = Array.from({ length: 3 }, () => ({ labels: {}, taints: [] }));
    const { error, warnings } = await deployUnderMocks({
      stack: environment.name,
      environment,
      cluster: { nodes },
    });
    assert.deepEqual({ error, warnings }, { error: undefined, warnings: [] });
  });
}

test('a DaemonSet without their tolerations runs on no tainted nodes', () => {
  const node: Node = {
    labels: { disk: 'ssd' },
    taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }],
  };
  const runs = (spec: Omit<NonNullable<PodTemplate['spec']>, 'containers'>) =>
    runsOn({ spec: { containers: [], ...spec } }, node);
  assert.equal(runs({}), false);
  assert.equal(runs({ tolerations: [{ operator: 'Exists' }] }), true);
  assert.equal(runs({ tolerations: [{ key: 'dedicated', value: 'batch' }] }), true);
  assert.equal(runs({ tolerations: [{ key: 'dedicated', value: 'web' }] }), false);
  assert.equal(runs({ tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] }), false);
  assert.equal(runs({ tolerations: [{ operator: 'Exists' }], nodeSelector: { disk: 'hdd' } }), false);
});
