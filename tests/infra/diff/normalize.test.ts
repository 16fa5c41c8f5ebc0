import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChanges, type Change } from '../../../infra/diff/changes.ts';
import type { ManifestObject } from '../../../infra/diff/objects.ts';

const CONTAINER = {
  name: 'broker',
  image: 'kafka:3.9.2',
  env: [
    { name: 'HOST', value: 'a' },
    { name: 'URL', value: 'http://$(HOST)/' },
  ],
  ports: [{ containerPort: 9092 }, { containerPort: 9093 }],
  volumeMounts: [
    { name: 'data', mountPath: '/data' },
    { name: 'files', mountPath: '/files' },
  ],
  securityContext: { capabilities: { drop: ['NET_RAW', 'CHOWN'] } },
};
const POD = {
  containers: [CONTAINER, { name: 'other', image: 'other:1' }],
  initContainers: [
    { name: 'first', image: 'other:1' },
    { name: 'second', image: 'other:1' },
  ],
  volumes: [
    { name: 'data', emptyDir: {} },
    { name: 'files', configMap: { name: 'files' } },
  ],
  topologySpreadConstraints: [{ topologyKey: 'zone' }, { topologyKey: 'host' }],
};

function workload(kind: string, pod: object = POD, metadata: object = {}): ManifestObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'it', namespace: 'here' },
    spec: { template: { metadata, spec: pod } },
  };
}

function changesOf(before: readonly ManifestObject[], after: readonly ManifestObject[]): readonly Change[] {
  return findChanges({ dev: before }, { dev: after });
}

/** `rolling-restart spec.template.spec.containers[broker].env.order` */
function told(before: readonly ManifestObject[], after: readonly ManifestObject[]): readonly string[] {
  return changesOf(before, after).map(({ consequence, path }) => `${consequence} ${path}`);
}

function restarted(before: readonly ManifestObject[], after: readonly ManifestObject[]): readonly string[] {
  const changes = changesOf(before, after);
  return [
    ...new Set(changes.flatMap(({ restarts }) => restarts['dev'] ?? []).map(({ workload }) => workload)),
  ];
}

function withContainer(change: object): object {
  return { ...POD, containers: [{ ...CONTAINER, ...change }, ...POD.containers.slice(1)] };
}

const reordered: readonly (readonly [string, object])[] = [
  ['containers', { ...POD, containers: POD.containers.toReversed() }],
  ['initContainers', { ...POD, initContainers: POD.initContainers.toReversed() }],
  ['volumes', { ...POD, volumes: POD.volumes.toReversed() }],
  [
    'topologySpreadConstraints',
    { ...POD, topologySpreadConstraints: POD.topologySpreadConstraints.toReversed() },
  ],
  ['containers[broker].env', withContainer({ env: CONTAINER.env.toReversed() })],
  ['containers[broker].ports', withContainer({ ports: CONTAINER.ports.toReversed() })],
  ['containers[broker].volumeMounts', withContainer({ volumeMounts: CONTAINER.volumeMounts.toReversed() })],
];

for (const kind of ['StatefulSet', 'Deployment', 'DaemonSet']) {
  for (const [list, pod] of reordered) {
    test(`${kind}: another order of ${list} restarts the pods, and only the order is told`, () => {
      const [before, after] = [[workload(kind)], [workload(kind, pod)]];
      assert.deepEqual(told(before, after), [`rolling-restart spec.template.spec.${list}.order`]);
      assert.deepEqual(restarted(before, after), [`${kind} here/it`]);
    });
  }
}

test('another order of what is a set elsewhere restarts the pods, where it stands in a pod template', () => {
  const securityContext = { capabilities: { drop: ['CHOWN', 'NET_RAW'] } };
  assert.deepEqual(
    told([workload('StatefulSet')], [workload('StatefulSet', withContainer({ securityContext }))]),
    ['rights spec.template.spec.containers[broker].securityContext.capabilities.drop'],
  );
});

test('what is added to a list is told alone, wherever it stands', () => {
  const env = [{ name: 'NEW', value: 'x' }, ...CONTAINER.env];
  assert.deepEqual(told([workload('Deployment')], [workload('Deployment', withContainer({ env }))]), [
    'rolling-restart spec.template.spec.containers[broker].env[NEW]',
  ]);
});

test('another order of claim templates, which the API server refuses, is no smaller thing than another claim', () => {
  const claim = (name: string) => ({ metadata: { name }, spec: { accessModes: ['ReadWriteOnce'] } });
  const set = (...claims: readonly object[]) => {
    const { spec, ...rest } = workload('StatefulSet');
    return { ...rest, spec: { ...(spec as object), volumeClaimTemplates: claims } };
  };
  assert.deepEqual(told([set(claim('a'), claim('b'))], [set(claim('b'), claim('a'))]), [
    'data-at-risk spec.volumeClaimTemplates.order',
  ]);
});

/** What some program assumes where nothing is said, but the API server does not write into a template. */
const notFilledIn: readonly (readonly [string, object])[] = [
  ['automountServiceAccountToken', { ...POD, automountServiceAccountToken: true }],
  ['enableServiceLinks', { ...POD, enableServiceLinks: true }],
  ['setHostnameAsFQDN', { ...POD, setHostnameAsFQDN: false }],
  ['securityContext', { ...POD, securityContext: { fsGroupChangePolicy: 'Always' } }],
];

for (const [name, pod] of notFilledIn) {
  test(`${name} said where nothing was restarts the pods: the API server stores it`, () => {
    assert.deepEqual(restarted([workload('StatefulSet')], [workload('StatefulSet', pod)]), [
      'StatefulSet here/it',
    ]);
  });
}

test('a label that is called like a field with a default is no default', () => {
  const labelled = workload('Deployment', POD, { labels: { protocol: 'TCP' } });
  assert.deepEqual(told([workload('Deployment')], [labelled]), [
    'rolling-restart spec.template.metadata.labels',
  ]);
});

test('what the API server writes into a template itself is no change', () => {
  const spec = {
    ...withContainer({
      ports: CONTAINER.ports.map((port) => ({ ...port, protocol: 'TCP' })),
      terminationMessagePolicy: 'File',
    }),
    ...{
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      hostNetwork: false,
    },
  };
  for (const kind of ['StatefulSet', 'Deployment', 'DaemonSet']) {
    assert.deepEqual(told([workload(kind)], [workload(kind, spec)]), []);
  }
});

const memory = (kind: string, amount: string | number): readonly ManifestObject[] => [
  workload(kind, withContainer({ resources: { limits: { memory: amount } } })),
];

test('a quantity in another notation is a change where the controller compares the text that is stored', () => {
  for (const kind of ['StatefulSet', 'DaemonSet']) {
    assert.deepEqual(restarted(memory(kind, '1Gi'), memory(kind, '1073741824')), [`${kind} here/it`]);
    assert.deepEqual(told(memory(kind, '1Gi'), memory(kind, '1024Mi')), []);
    assert.deepEqual(told(memory(kind, '0.5'), memory(kind, '500m')), []);
    assert.deepEqual(told(memory(kind, 2), memory(kind, '2')), []);
  }
  assert.deepEqual(told(memory('Deployment', '1Gi'), memory('Deployment', '1073741824')), []);
});

test('quantities that differ by one are different, however large', () => {
  for (const kind of ['StatefulSet', 'Deployment']) {
    assert.deepEqual(restarted(memory(kind, '9007199254740993'), memory(kind, '9007199254740992')), [
      `${kind} here/it`,
    ]);
  }
});

/** A workload and the ConfigMap that it mounts, with the hash of the file in its template. */
function mounting(text: string, name = 'some.properties'): readonly ManifestObject[] {
  const hash = { annotations: { 'headwater/config-hash': text } };
  const files = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace: 'here' } };
  return [{ ...files, data: { [name]: text } }, workload('Deployment', POD, hash)];
}

test('a file that says the same in another way is told as a file where its hash restarts pods', () => {
  const [change, ...others] = changesOf(mounting('a=1\nb=2\n'), mounting('# why\nb=2\na=1\n'));
  assert.deepEqual(others, []);
  assert.equal(change?.object, 'ConfigMap here/files');
  assert.equal(change.path, 'data[some.properties]');
  assert.equal(change.consequence, 'rolling-restart');
  assert.deepEqual(
    change.restarts['dev']?.map(({ workload }) => workload),
    ['Deployment here/it'],
  );
});

const LARGE: readonly (readonly [string, string, string, string])[] = [
  ['a.json', '{"n":9007199254740993}', '{"n":9007199254740992}', '.n'],
  ['a.json', '{"n":[0.1]}', '{"n":[0.10000000000000000555]}', '.n'],
  ['a.json', '{"n":1e400}', '{"n":1e401}', '.n'],
  ['a.yaml', 'size: 9007199254740993\n', 'size: 9007199254740992\n', '.size'],
  ['a.yml', 'size: 0.1\n', 'size: 0.10000000000000000555\n', '.size'],
  ['a.yml', 'size: .inf\n', 'size: null\n', '.size'],
  ['a.properties', 'n=9007199254740993\n', 'n=9007199254740992\n', '.n'],
];

for (const [name, before, after, path] of LARGE) {
  test(`${name}: ${before.trim()} is not ${after.trim()}`, () => {
    const config = (text: string): readonly ManifestObject[] => [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'it' }, data: { [name]: text } },
    ];
    const changes = changesOf(config(before), config(after));
    assert.deepEqual(
      changes.map((change) => change.path),
      [`data[${name}]${path}`],
    );
    assert.notDeepEqual(changes[0]?.before, changes[0]?.after);
    assert.deepEqual(told(config(before), config(before)), []);
  });
}

test('numbers that are written otherwise and are equal are no change', () => {
  const config = (text: string): readonly ManifestObject[] => [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'it' }, data: { 'a.json': text } },
  ];
  assert.deepEqual(told(config('{"n":1.50,"m":1000}'), config('{"m":1e3,"n":1.5}')), []);
});

test('a document that one version of YAML reads as something else than another is compared as text', () => {
  const config = (text: string): readonly ManifestObject[] => [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'it' }, data: { 'a.yaml': text } },
  ];
  assert.deepEqual(told(config('on: "yes"\n'), config('on: yes\n')), ['applied-in-place data[a.yaml]']);
});

test('a list of topics in a Job is compared by topic, and any other spelling of it is told', () => {
  const job = (topics: string): readonly ManifestObject[] => [
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'topics', namespace: 'here' },
      spec: {
        template: { spec: { containers: [{ name: 'one', env: [{ name: 'TOPICS', value: topics }] }] } },
      },
    },
  ];
  const value = 'spec.template.spec.containers[one].env[TOPICS].value';
  const list = '[{"name":"a","partitions":1}]';
  assert.deepEqual(told(job(list), job(list.replace('1', '2'))), [`capacity ${value}[a].partitions`]);
  assert.deepEqual(told(job(list), job(list.replace(',', ', '))), [`recreated ${value}`]);
});

test('a topic list that a Deployment is given restarts its pods, whatever is changed in it', () => {
  const given = (value: string) => [
    workload('Deployment', withContainer({ env: [{ name: 'TOPICS', value }] })),
  ];
  const list = '[{"name":"a"},{"name":"b"}]';
  assert.deepEqual(told(given(list), given('[{"name":"b"},{"name":"a"}]')), [
    'rolling-restart spec.template.spec.containers[broker].env[TOPICS].value',
  ]);
});
