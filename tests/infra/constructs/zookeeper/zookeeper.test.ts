import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import {
  serverConfiguration,
  ZooKeeper,
  type ZooKeeperProps,
} from '../../../../infra/constructs/zookeeper/zookeeper.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const minimal: ZooKeeperProps = {
  namespace: 'headwater',
  image: 'zookeeper:1',
  servers: 3,
  cpuMillicores: 250,
  memory: Size.gibibytes(1),
  spread: 'required',
};

test('takes every property', () => {
  const props: Required<ZooKeeperProps> = {
    priorityClassName: 'important',
    ...minimal,
    heap: Size.mebibytes(384),
    dataVolume: Size.gibibytes(7),
    transactionLogVolume: Size.gibibytes(8),
    storageClassName: 'fast',
    clusterDomain: 'example.internal',
  };
  const set = find(
    synthesize((chart) => new ZooKeeper(chart, 'ZooKeeper', props)),
    'StatefulSet',
    'zookeeper',
  );
  const claims = valueAt(set, 'spec', 'volumeClaimTemplates');
  assert.equal(valueAt(claims, 0, 'spec', 'resources', 'requests', 'storage'), '7Gi');
  assert.equal(valueAt(claims, 1, 'spec', 'resources', 'requests', 'storage'), '8Gi');
  assert.equal(valueAt(claims, 1, 'spec', 'storageClassName'), 'fast');
  const pod = valueAt(set, 'spec', 'template', 'spec');
  assert.deepEqual(valueAt(pod, 'containers', 0, 'env', 0), { name: 'HEAP_MIB', value: '384' });
});

test('servers find each other by names that stay when addresses change', () => {
  const hosts = ['a', 'b', 'c'].map((letter) => `${letter}.zookeeper-nodes.headwater.svc.cluster.local`);
  const text = serverConfiguration(hosts);
  assert.match(text, /^server\.1=a\.zookeeper-nodes\.headwater\.svc\.cluster\.local:2888:3888$/m);
  assert.match(text, /^server\.3=c\./m);
  assert.match(text, /^standaloneEnabled=false$/m);
});

test('one server runs alone, without a quorum of itself', () => {
  const text = serverConfiguration(['a']);
  assert.doesNotMatch(text, /^server\./m);
  assert.match(text, /^standaloneEnabled=true$/m);
});

test('snapshots and logs are purged, four-letter words are one, the admin server is off', () => {
  const text = serverConfiguration(['a']);
  assert.match(text, /^autopurge\.purgeInterval=[1-9]/m);
  assert.match(text, /^4lw\.commands\.whitelist=srvr$/m);
  assert.match(text, /^admin\.enableServer=false$/m);
  assert.doesNotMatch(text, /snapshot\.trust\.empty/);
});

test('the transaction log has a volume of its own', () => {
  const set = find(
    synthesize((chart) => new ZooKeeper(chart, 'ZooKeeper', minimal)),
    'StatefulSet',
    'zookeeper',
  );
  const mounts = valueAt(set, 'spec', 'template', 'spec', 'containers', 0, 'volumeMounts');
  assert.deepEqual(valueAt(mounts, 1), { name: 'transaction-log', mountPath: '/var/lib/zookeeper/log' });
});

test('a server that waits for its quorum is alive, and not ready', () => {
  const set = find(
    synthesize((chart) => new ZooKeeper(chart, 'ZooKeeper', minimal)),
    'StatefulSet',
    'zookeeper',
  );
  const container = valueAt(set, 'spec', 'template', 'spec', 'containers', 0);
  assert.deepEqual(valueAt(container, 'livenessProbe', 'tcpSocket'), { port: 'client' });
  assert.deepEqual(valueAt(container, 'readinessProbe', 'exec'), {
    command: ['/opt/headwater/bin/ready.sh'],
  });
});

test('clients are told every server', () => {
  let connect = '';
  synthesize((chart) => ({ connect } = new ZooKeeper(chart, 'ZooKeeper', minimal)));
  assert.equal(
    connect,
    [0, 1, 2].map((n) => `zookeeper-${n}.zookeeper-nodes.headwater.svc.cluster.local:2181`).join(','),
  );
});

test('fails when an ensemble has an even number of servers', () => {
  assert.throws(
    () => synthesize((chart) => new ZooKeeper(chart, 'ZooKeeper', { ...minimal, servers: 4 })),
    /zookeeper: servers must be 1, 3 or 5, got 4: an even ensemble tolerates no more failures than one server fewer/,
  );
});

test('fails when the heap does not fit into the memory', () => {
  assert.throws(
    () => synthesize((chart) => new ZooKeeper(chart, 'ZooKeeper', { ...minimal, heap: Size.gibibytes(1) })),
    /zookeeper: heap must be at most 896 MiB, 128 MiB below the memory limit \(1024 MiB\), got 1024 MiB/,
  );
});
