import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import { readConfig } from '../../../../apps/topics/config.ts';
import { Topics, type Topic, type TopicsProps } from '../../../../infra/constructs/kafka/topics.ts';
import { synthesize, valueAt, type Manifest } from '../../manifests.ts';

const events: Topic = {
  partitions: 12,
  replicationFactor: 3,
  minInSyncReplicas: 2,
  cleanup: 'delete',
  retention: Duration.days(7),
  retentionPerPartition: Size.gibibytes(1),
  segment: Size.mebibytes(128),
};
const minimal: TopicsProps = {
  namespace: 'headwater',
  image: 'application:1',
  cluster: { brokers: 3, logVolume: Size.gibibytes(50) },
  topics: { events },
  variables: { KAFKA_BOOTSTRAP_SERVERS: 'kafka-bootstrap:9092' },
};

function jobOf(changes: Partial<TopicsProps> = {}): Manifest {
  const manifests = synthesize((chart) => new Topics(chart, 'Topics', { ...minimal, ...changes }));
  const job = manifests.find(({ kind }) => kind === 'Job');
  assert.ok(job);
  return job;
}

/** The environment that the Job gives its program. */
function environmentOf(job: Manifest): Record<string, string> {
  const env = valueAt(job, 'spec', 'template', 'spec', 'containers', 0, 'env') as {
    name: string;
    value: string;
  }[];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

test('takes every property', () => {
  const props: Required<TopicsProps> = {
    ...minimal,
    deleted: ['old'],
    mounts: [{ kind: 'secret', secretName: 'kafka-topics-v1', path: '/etc/login' }],
    clusterConfigs: { 'min.insync.replicas': 2 },
  };
  const job = jobOf(props);
  assert.deepEqual(readConfig(environmentOf(job)).clusterConfigs, { 'min.insync.replicas': '2' });
  assert.deepEqual(
    valueAt(job, 'spec', 'template', 'spec', 'volumes', 0, 'secret', 'secretName'),
    'kafka-topics-v1',
  );
});

test('the program reads what the Job gives it', () => {
  const { topics } = readConfig(environmentOf(jobOf({ deleted: ['old'] })));
  assert.deepEqual(topics, [
    {
      name: 'events',
      partitions: 12,
      replicationFactor: 3,
      configs: {
        'cleanup.policy': 'delete',
        'min.insync.replicas': '2',
        'retention.bytes': '1073741824',
        'retention.ms': '604800000',
        'segment.bytes': '134217728',
      },
    },
    { name: 'old', state: 'absent' },
  ]);
});

test('nothing is deleted that is only no longer declared', () => {
  const { topics } = readConfig(environmentOf(jobOf({ topics: {} })));
  assert.deepEqual(topics, []);
});

test('a changed topic is a Job of another name, the same topics are the same Job', () => {
  const before = jobOf().metadata.name;
  assert.match(before, /^kafka-topics-[0-9a-f]{8}$/);
  assert.equal(jobOf().metadata.name, before);
  assert.notEqual(jobOf({ topics: { events: { ...events, partitions: 13 } } }).metadata.name, before);
});

test('the volume counts every replica on one broker, and a segment more than the retention', () => {
  assert.throws(
    () => jobOf({ cluster: { brokers: 3, logVolume: Size.gibibytes(15) } }),
    /kafka: logVolume must be at least 15\.89 GiB, got 15 GiB: .* events 12 × 1\.13 GiB = 13\.5 GiB, of which 85 %/,
  );
});
