import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as kubernetes from '@pulumi/kubernetes';
import { parseAllDocuments } from 'yaml';
import { environments, type EnvironmentName } from '../../../infra/environments/environments.ts';
import { describeObject, nameOf, type Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import { typeOf } from '../../../infra/pulumi/program/register-platform.ts';
import type { Registered } from './mocks.ts';
import { deployUnderMocks } from './stacks.ts';

const names = ['dev', 'staging', 'production', 'lab'] as const satisfies readonly EnvironmentName[];
const stacks = new Map<string, Awaited<ReturnType<typeof deployUnderMocks>>>();
for (const stack of names) stacks.set(stack, await deployUnderMocks({ stack }));

function registeredFor(stack: string): readonly Registered[] {
  const found = stacks.get(stack);
  assert.equal(found?.error, undefined);
  return found?.registered ?? [];
}

function committed(environment: string): readonly Manifest[] {
  const directory = join(import.meta.dirname, '../../manifests', environment);
  return readdirSync(directory)
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(directory, file), 'utf8')))
    .map((document) => document.toJS() as Manifest);
}

/** Objects of the cluster; Secrets have no manifest. */
function objectsOf(registered: readonly Registered[]): readonly Registered[] {
  return registered.filter(
    ({ type }) => type.startsWith('kubernetes:') && type !== 'kubernetes:core/v1:Secret',
  );
}

/** What the provider alone is told is not part of the manifest. */
function withoutProviderAnnotations(inputs: unknown): unknown {
  const { metadata, ...rest } = inputs as Manifest;
  const { annotations = {}, ...others } = metadata;
  const own = Object.entries(annotations).filter(([key]) => !key.startsWith('pulumi.com/'));
  return {
    ...rest,
    metadata: { ...others, ...(own.length > 0 && { annotations: Object.fromEntries(own) }) },
  };
}

for (const name of names) {
  test(`${name}: Pulumi registers the committed manifests, object by object`, () => {
    const registered = new Map(
      objectsOf(registeredFor(name)).map((resource) => [`${resource.type} ${resource.name}`, resource]),
    );
    const manifests = committed(name);
    assert.deepEqual(
      [...registered.keys()].sort(),
      manifests.map((manifest) => `${typeOf(manifest)} ${nameOf(manifest)}`).sort(),
    );
    for (const manifest of manifests) {
      const resource = registered.get(`${typeOf(manifest)} ${nameOf(manifest)}`);
      assert.deepEqual(withoutProviderAnnotations(resource?.inputs), manifest, describeObject(manifest));
    }
  });

  test(`${name}: nothing is registered before what it waits for, and pods wait for all that they name`, () => {
    const seen = new Set<string>();
    for (const { type, name: resource, waitsFor } of registeredFor(name)) {
      for (const other of waitsFor) assert.ok(seen.has(other), `${resource} is registered before ${other}`);
      seen.add(`${type} ${resource}`);
    }
  });
}

test('an environment of another name is a stack of that name', async () => {
  const environment = { ...environments.dev, name: 'blue' };
  const { registered, error } = await deployUnderMocks({ stack: 'blue', environment });
  assert.equal(error, undefined);
  assert.deepEqual(
    registered.map(({ type, name }) => `${type} ${name}`),
    registeredFor('dev').map(({ type, name }) => `${type} ${name}`),
  );
});

test('types are those of the SDK, so that state and plugins are the same whichever registers an object', () => {
  const { apps, autoscaling, batch, core, networking, policy, rbac, scheduling, admissionregistration } =
    kubernetes;
  const classes = [
    ...[
      apps.v1.StatefulSet,
      apps.v1.Deployment,
      apps.v1.DaemonSet,
      batch.v1.Job,
      policy.v1.PodDisruptionBudget,
      scheduling.v1.PriorityClass,
    ],
    ...[core.v1.Namespace, core.v1.Service, core.v1.ConfigMap, core.v1.ServiceAccount, core.v1.LimitRange],
    ...[
      core.v1.ResourceQuota,
      networking.v1.NetworkPolicy,
      networking.v1.Ingress,
      networking.v1.IngressClass,
    ],
    ...[rbac.v1.ClusterRole, rbac.v1.ClusterRoleBinding, rbac.v1.Role, rbac.v1.RoleBinding],
    ...[autoscaling.v2.HorizontalPodAutoscaler, admissionregistration.v1.ValidatingWebhookConfiguration],
  ];
  const known = classes.map((type) => Reflect.get(type, '__pulumiType') as string);
  const own = new Set(names.flatMap((name) => objectsOf(registeredFor(name)).map(({ type }) => type)));
  const foreign =
    /:(keda\.sh|monitoring\.coreos\.com|gateway\.(networking\.k8s|envoyproxy)\.io|cert-manager\.io)\//;
  assert.deepEqual(
    [...own].filter((type) => !foreign.test(type) && !known.includes(type)),
    [],
  );
});

test('policies, then ZooKeeper, then Kafka, then users and topics, then programs, then the edge', () => {
  const registered = registeredFor('production');
  const inOrder = [
    'kubernetes:networking.k8s.io/v1:NetworkPolicy headwater/default-deny',
    'kubernetes:apps/v1:StatefulSet headwater/zookeeper',
    'kubernetes:apps/v1:StatefulSet headwater/kafka',
    /^kubernetes:batch\/v1:Job headwater\/kafka-users-/,
    /^kubernetes:batch\/v1:Job headwater\/kafka-topics-/,
    'kubernetes:apps/v1:Deployment headwater/producer',
    'kubernetes:gateway.networking.k8s.io/v1:HTTPRoute headwater/upload',
  ].map((wanted) => {
    const found = registered
      .map(({ type, name }) => `${type} ${name}`)
      .find((id) => (typeof wanted === 'string' ? id === wanted : wanted.test(id)));
    assert.ok(found, String(wanted));
    return found;
  });
  const waitsFor = new Map(registered.map(({ type, name, waitsFor: before }) => [`${type} ${name}`, before]));
  const reaches = (from: string, to: string): boolean =>
    from === to || (waitsFor.get(from) ?? []).some((next) => reaches(next, to));
  for (const [index, id] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before !== undefined) assert.ok(reaches(id, before), `${id} does not wait for ${before}`);
  }
});

test('a workload waits for its configuration, its account and its Secrets', () => {
  const kafka = registeredFor('production').find(
    ({ name, type }) => type.endsWith(':StatefulSet') && name === 'headwater/kafka',
  );
  for (const needed of [
    'kubernetes:core/v1:ConfigMap headwater/kafka-config',
    'kubernetes:core/v1:ServiceAccount headwater/kafka',
    'kubernetes:core/v1:Secret headwater/kafka-certificate-v1',
    'kubernetes:core/v1:Namespace headwater',
  ]) {
    assert.ok(kafka?.waitsFor.includes(needed), needed);
  }
});

test('what holds data is protected and kept where the environment is strict, and nowhere else', () => {
  for (const name of names) {
    const kept = registeredFor(name)
      .filter(({ protect, retainOnDelete }) => protect && retainOnDelete)
      .map(({ type, name: resource }) => `${type.split(':').at(-1) ?? ''} ${resource}`)
      .sort();
    const sets = committed(name).filter(({ kind }) => kind === 'StatefulSet' || kind === 'Namespace');
    const expected =
      name === 'staging' || name === 'production' ? ['Bucket events', ...sets.map(describeObject)] : [];
    assert.deepEqual(kept, expected.sort(), name);
  }
});

test('a set of brokers gets the time that its pods may take one after the other, and a Job its deadline', () => {
  const minutes = (type: string, name: RegExp): number => {
    const found = registeredFor('production').find(
      (resource) => resource.type === type && name.test(resource.name),
    );
    return Number.parseInt(String(found?.timeouts.update), 10);
  };
  assert.ok(minutes('kubernetes:apps/v1:StatefulSet', /\/kafka$/) >= 30);
  assert.equal(minutes('kubernetes:batch/v1:Job', /kafka-users/), 31);
  assert.equal(minutes('kubernetes:core/v1:ConfigMap', /kafka-config/), 10);
});

test('a Job that did not complete is made anew by the next up, and nothing else is', () => {
  const jobs = names
    .flatMap((name) => objectsOf(registeredFor(name)))
    .map(({ type, inputs }) => {
      const { annotations = {} } = (inputs as unknown as Manifest).metadata;
      return {
        isJob: type.endsWith(':Job'),
        isReplaced: annotations['pulumi.com/replaceUnready'] === 'true',
      };
    });
  assert.ok(jobs.some(({ isJob }) => isJob));
  for (const { isJob, isReplaced } of jobs) assert.equal(isReplaced, isJob);
});

test('only what runs is waited for: a Service or an Ingress is ready when others are', () => {
  for (const name of names) {
    for (const { type, name: resource, inputs } of objectsOf(registeredFor(name))) {
      const { annotations = {} } = (inputs as unknown as Manifest).metadata;
      const skips = annotations['pulumi.com/skipAwait'] === 'true';
      assert.equal(skips, /:(Service|Ingress)$/.test(type), `${type} ${resource}`);
    }
  }
});

test('a stack tells where to post, and where the events are', () => {
  assert.deepEqual(stacks.get('production')?.outputs, {
    uploadUrl: 'https://collect.example.com/upload',
    kafkaBootstrapServers: 'kafka-bootstrap.headwater.svc.cluster.local:9093',
    bucket: 'headwater-production-events',
  });
});
