// What a collector may do and see on a node. Filebeat runs here itself; Fluentd's image is in a registry, so its pod runs
// with another image: its rights, mounts and identity are those of its DaemonSet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lab } from '../../../infra/environments/lab.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import { ownReferences } from '../../../infra/images.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { environmentOfLab, labCluster } from './lab-under-test.ts';
import { identityOf, type KubernetesObject, platformOf } from './logs/objects.ts';

const NAMESPACE = lab.namespaces.logging;

/** What kubectl says of an account's rights beyond those that everyone has, `<resource> <verbs>` each. */
const RIGHTS = ['namespaces [get list watch]', 'pods [get list watch]'];

test('Filebeat may read pods and namespaces, and nothing else', { timeout: 120_000 }, async () => {
  assertRights(await labCluster(), 'filebeat');
});

test('Filebeat reads the logs of the node without a power of root', { timeout: 120_000 }, async () => {
  assertConfined(await labCluster(), 'filebeat', '/var/lib/headwater/filebeat');
});

test(
  'a pod of Fluentd is scheduled, sees the logs and has its rights alone',
  { timeout: 180_000 },
  async () => {
    const cluster = await labCluster();
    const objects = fluentd(environmentOfLab());
    try {
      cluster.apply(objects);
      const set = 'daemonset/fluentd';
      cluster.kubectl(['rollout', 'status', '--namespace', NAMESPACE, '--timeout=120s', set]);
      assertRights(cluster, 'fluentd');
      assertConfined(cluster, 'fluentd', '/var/lib/headwater/fluentd');
      const config = inPod(cluster, 'fluentd', 'cat /fluentd/etc/fluent.conf');
      assert.match(config, /<source>/);
    } finally {
      cluster.delete(objects);
    }
  },
);

/** What environment `lab` would have beside its own with Fluentd, whose container only waits. */
function fluentd(environment: Environment): KubernetesObject[] {
  const known = new Set(platformOf(environment).map(identityOf));
  const { resources, maxNodes, search, retention } = lab.logging;
  const objects = platformOf({
    ...environment,
    logging: {
      collector: 'fluentd',
      resources,
      maxNodes,
      search: { ...search, product: 'opensearch' },
      retention,
      buffer: { volume: '512Mi', flushInterval: '1s' },
      readsJournald: false,
    },
  });
  return objects
    .filter((object) => !known.has(identityOf(object)))
    .map((object) => (object.kind === 'DaemonSet' ? waiting(object as DaemonSet) : object));
}

interface DaemonSet extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly Readonly<Record<string, unknown>>[] };
    };
  };
}

function waiting(set: DaemonSet): DaemonSet {
  const { template } = set.spec;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: ownReferences().producer,
    command: ['/bin/sh', '-c', 'exec sleep 3600'],
    readinessProbe: undefined,
    livenessProbe: undefined,
  }));
  return { ...set, spec: { ...set.spec, template: { ...template, spec: { ...template.spec, containers } } } };
}

function assertRights(cluster: Cluster, account: string): void {
  const list = (user: string): string[] =>
    cluster
      .kubectl(['auth', 'can-i', '--list', '--namespace', NAMESPACE, `--as=${user}`, ...GROUPS])
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(/\s+/g, ' '));
  const everyones = new Set(list(`system:serviceaccount:${NAMESPACE}:nobody`));
  const own = list(`system:serviceaccount:${NAMESPACE}:${account}`).filter((line) => !everyones.has(line));
  assert.deepEqual(own.map((line) => line.replaceAll(' []', '')).sort(), RIGHTS);
}

const GROUPS = ['system:serviceaccounts', `system:serviceaccounts:${NAMESPACE}`, 'system:authenticated'].map(
  (group) => `--as-group=${group}`,
);

/** Root by number alone: what it may read it needs, and it can write to its state only. */
function assertConfined(cluster: Cluster, name: string, state: string): void {
  const probe = (command: string): string => inPod(cluster, name, command);
  const status = probe('cat /proc/1/status');
  for (const [field, value] of Object.entries({
    CapEff: NONE,
    CapBnd: NONE,
    NoNewPrivs: '1',
    Seccomp: '2',
  })) {
    assert.equal(new RegExp(`^${field}:\\s*(\\S+)$`, 'm').exec(status)?.[1], value, `${name}: ${field}`);
  }
  // Through the links that the kubelet makes, to the first bytes of the files behind them.
  const read = probe(
    'for log in /var/log/containers/*.log; do head -c 1 "$log" >/dev/null && echo "$log"; done; true',
  );
  for (const pod of ['kafka-0', 'producer-', 'consumer-']) {
    assert.ok(read.includes(`/var/log/containers/${pod}`), `${name} does not see the log of ${pod}: ${read}`);
  }
  const writes = (path: string): string =>
    probe(`if touch ${path}/probe 2>/dev/null; then rm ${path}/probe; echo yes; else echo no; fi`).trim();
  assert.deepEqual(
    { logs: writes('/var/log/containers'), root: writes('/'), state: writes(state) },
    { logs: 'no', root: 'no', state: 'yes' },
  );
}

const NONE = '0000000000000000';

function inPod(cluster: Cluster, name: string, script: string): string {
  const pod = `daemonset/${name}`;
  return cluster.kubectl(['exec', '--namespace', NAMESPACE, pod, '--', '/bin/sh', '-c', script]);
}
