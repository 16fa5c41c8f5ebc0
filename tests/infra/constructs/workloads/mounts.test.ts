import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Probe } from 'cdk8s-plus-27';
import { Duration, Size } from 'cdk8s';
import type { Mount } from '../../../../infra/constructs/workloads/mounts.ts';
import { RestrictedDeployment } from '../../../../infra/constructs/workloads/restricted-deployment.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { objectsOf, workloads } from '../../../policies/platform-objects.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

function podWith(mounts: readonly Mount[]) {
  const objects = synthesize(
    (chart) =>
      new RestrictedDeployment(chart, 'Pods', {
        name: 'reader',
        namespace: 'headwater',
        identity: { name: 'reader', component: 'collection' },
        image: 'reader:1',
        replicas: 1,
        resources: { cpuMillicores: 100, memory: Size.mebibytes(64) },
        ports: { http: 8080 },
        readiness: Probe.fromTcpSocket({ port: 8080 }),
        liveness: Probe.fromHttpGet('/livez', { port: 8080 }),
        terminationGracePeriod: Duration.seconds(30),
        mounts,
      }),
  );
  const pod = valueAt(find(objects, 'Deployment', 'reader'), 'spec', 'template', 'spec');
  return { volumes: valueAt(pod, 'volumes'), mounted: valueAt(pod, 'containers', 0, 'volumeMounts') };
}

test('one Secret at two places is one volume with the keys of both', () => {
  const { volumes, mounted } = podWith([
    { kind: 'secret', secretName: 'store-v1', path: '/etc/ca', keys: ['ca.crt'] },
    { kind: 'secret', secretName: 'store-v1', path: '/etc/login', keys: ['credentials'] },
  ]);
  const items = ['ca.crt', 'credentials'].map((key) => ({ key, path: key }));
  assert.deepEqual(volumes, [
    { name: 'store-v1', secret: { defaultMode: 0o440, items, secretName: 'store-v1' } },
  ]);
  assert.deepEqual(mounted, [
    { mountPath: '/etc/ca', name: 'store-v1', readOnly: true },
    { mountPath: '/etc/login', name: 'store-v1', readOnly: true },
  ]);
});

test('one Secret of which one place wants all keys has all of them', () => {
  const { volumes } = podWith([
    { kind: 'secret', secretName: 'store-v1', path: '/etc/ca', keys: ['ca.crt'] },
    { kind: 'secret', secretName: 'store-v1', path: '/etc/login' },
  ]);
  assert.deepEqual(volumes, [{ name: 'store-v1', secret: { defaultMode: 0o440, secretName: 'store-v1' } }]);
});

test('an environment may keep what belongs together in one Secret: of the store, of the search cluster, of Kafka', () => {
  const { production } = environments;
  const { security } = production.kafka;
  assert.ok(security.protocol === 'tls' && security.authentication.mechanism === 'scram-sha-512');
  const users = Object.fromEntries(
    Object.keys(security.authentication.users).map((user) => [user, 'kafka-v1']),
  ) as typeof security.authentication.users;
  const objects = objectsOf({
    ...production,
    objectStore: {
      ...production.objectStore,
      caSecret: 'store-v1',
      credentials: { kind: 'secret', name: 'store-v1' },
    },
    logging: {
      ...production.logging,
      search: { ...production.logging.search, credentialsSecret: 'search-v1', caSecret: 'search-v1' },
    },
    kafka: {
      ...production.kafka,
      security: {
        ...security,
        certificateSecret: 'kafka-v1',
        authentication: { ...security.authentication, users },
      },
    },
  });
  for (const { metadata, spec } of workloads(objects)) {
    const names = (spec.template.spec.volumes ?? []).map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)], metadata.name);
  }
});
