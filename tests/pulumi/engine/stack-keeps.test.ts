import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { AppsV1Api } from '@kubernetes/client-node';
import type { Stack } from '@pulumi/pulumi/automation/index.js';
import type { Environment } from '../../../infra/environments/environment.ts';
import { staging } from '../../../infra/environments/staging.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { growVolumes } from '../../../infra/pulumi/command/grow-volumes.ts';
import { manifestsOf } from '../program/stacks.ts';
import { installClasses, installForeignKinds, type TestCluster } from './cluster.ts';
import { figuresOf, type Backend } from './stack.ts';
import { killOperation, refusalOf, startOperation } from './stack-process.ts';
import { BUILD_DEADLINE, DEADLINE, startStackUnderTest, type StackUnderTest } from './stack-under-test.ts';
import type { Write } from './audit-log.ts';

/** Staging without AWS and Prometheus, on the classes and the version that the cluster of the tests has: what is in it is kept. */
const strict: Environment = {
  ...staging,
  storageClassName: 'standard',
  monitoring: { kind: 'none' },
  kafka: { ...staging.kafka, rack: 'none' },
};
delete strict.aws;

let cluster: TestCluster;
let backend: Backend;
let stack: Stack;
let environment: Environment = strict;
let under: StackUnderTest | undefined;

before(async () => {
  if (DEADLINE.skip !== undefined) return;
  under = await startStackUnderTest({ environment: () => environment });
  ({ cluster, backend, stack } = under);
  await installClasses(cluster);
  await installForeignKinds(cluster, manifestsOf(strict));
}, BUILD_DEADLINE);

after(() => under?.stop());

function isSet({ resource }: Write): boolean {
  return resource === 'statefulsets';
}

async function claims() {
  const { items } = await cluster.core.listNamespacedPersistentVolumeClaim({ namespace: 'headwater' });
  return items.map(({ metadata, spec, status }) => ({
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    volume: spec?.volumeName ?? '',
    size: status?.capacity?.['storage'] ?? '',
  }));
}

/** The CLI as a user starts it. */
async function pulumi(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(backend.command.command, args, {
    cwd: stack.workspace.workDir,
    env: { ...process.env, ...stack.workspace.envVars },
  });
  return stdout;
}

async function brokers() {
  const { items } = await cluster.core.listNamespacedPod({
    namespace: 'headwater',
    labelSelector: 'app.kubernetes.io/component=broker',
  });
  return items.map(({ metadata }) => metadata?.uid ?? '').sort();
}

test('an up that was killed in the middle is finished by the next one', DEADLINE, async () => {
  let areBrokersHeld = true;
  cluster.nodes.holdsBack = (pod) => areBrokersHeld && /^kafka-\d/.test(pod.metadata?.name ?? '');
  const child = startOperation(backend, 'up', strict);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const isMade = () =>
    cluster.providerWrites().some((write) => isSet(write) && write.name === 'headwater/kafka');
  await waitUntil(isMade, { what: 'the set of brokers', deadlineMs: 120_000 });
  killOperation(child);
  await ended;
  areBrokersHeld = false;

  await assert.rejects(
    stack.up(),
    /currently locked/,
    'the lock of the killed up is there, and is told about',
  );
  await stack.cancel();
  const { summary } = await stack.up();
  assert.equal(summary.result, 'succeeded');
  const again = await stack.up();
  assert.deepEqual(Object.keys(again.summary.resourceChanges ?? {}), ['same']);
});

test('volumes grow with their data, and the pods go on', DEADLINE, async () => {
  environment = structuredClone(strict);
  environment.kafka.logVolume = '200Gi';
  const [claimsBefore, podsBefore] = [await claims(), await brokers()];
  const said: string[] = [];
  const grow = () =>
    growVolumes({
      config: cluster.config,
      manifests: manifestsOf(environment),
      forget: async (set) => {
        const target = `urn:pulumi:staging::headwater::kubernetes:apps/v1:StatefulSet::${set}`;
        await stack.refresh({ target: [target] });
      },
      say: (text) => said.push(text),
      deadlineMs: 60_000,
    });
  assert.deepEqual(await grow(), ['headwater/kafka']);
  assert.equal(said.filter((line) => line.includes('100Gi → 200Gi')).length, 3);
  assert.deepEqual(await brokers(), podsBefore, 'the pods outlive their set');

  await stack.up();
  const set = await cluster.config
    .makeApiClient(AppsV1Api)
    .readNamespacedStatefulSet({ name: 'kafka', namespace: 'headwater' });
  assert.equal(set.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.['storage'], '200Gi');
  const claimsAfter = await claims();
  assert.deepEqual(
    claimsAfter.map(({ name, uid, volume }) => ({ name, uid, volume })),
    claimsBefore.map(({ name, uid, volume }) => ({ name, uid, volume })),
    'the same claims on the same volumes',
  );
  assert.deepEqual(await brokers(), podsBefore, 'the new set takes the pods as they are');
  assert.deepEqual(await grow(), [], 'what has its size is left alone');
});

test('a volume that would shrink is left alone', DEADLINE, async () => {
  await assert.rejects(
    growVolumes({
      config: cluster.config,
      manifests: manifestsOf(strict),
      forget: () => assert.fail('a set was forgotten'),
      say: () => undefined,
    }),
    /a volume cannot shrink, from 200Gi to 100Gi: set the size back/,
  );
});

test('brokers that run are not taken away, until they were scaled away by hand', DEADLINE, async () => {
  const podsBefore = await brokers();
  const withBrokers = (count: number): Environment => ({
    ...environment,
    kafka: { ...environment.kafka, brokers: count },
  });
  const before = environment;
  environment = withBrokers(4);
  const { stdout } = await stack.up();
  assert.match(
    stdout,
    /warning: StatefulSet headwater\/kafka: kafka\.brokers is 4, 3 run: broker 3 will hold/,
  );

  environment = withBrokers(3);
  for (const operation of ['preview', 'up'] as const) {
    assert.match(
      (await refusalOf(backend, operation, environment)) ?? 'not refused',
      /kafka\.brokers must be at least the 4 that run, got 3: broker 3 may/,
    );
  }
  assert.equal((await brokers()).length, 4);

  const ask = (...args: readonly string[]) => cluster.kubectl.kubectl(['--namespace', 'headwater', ...args]);
  ask('scale', 'statefulset', 'kafka', '--replicas', '3');
  ask('wait', '--for=delete', 'pod/kafka-3', '--timeout=60s');
  await stack.up();
  assert.deepEqual(await brokers(), podsBefore);
  ask('delete', 'pvc', 'data-kafka-3');
  environment = before;
});

test('what holds data outlives the stack, and the next one goes on with it', DEADLINE, async (context) => {
  const [claimsBefore, podsBefore] = [await claims(), await brokers()];
  assert.equal(claimsBefore.length, 6);
  const writes = cluster.providerWrites();
  // As the CLI does it: a preview comes first, which is where it stops.
  await assert.rejects(pulumi('destroy', '--stack', 'staging', '--yes'), ({ stdout }: { stdout: string }) => {
    for (const kept of ['kafka', 'kafka-controller']) {
      const urn = `urn:\\S+::kubernetes:apps/v1:StatefulSet::headwater/${kept}`;
      assert.match(stdout, new RegExp(`resource "${urn}" cannot be deleted`));
    }
    assert.match(stdout, /because it is protected[^]*pulumi state unprotect/);
    return true;
  });
  assert.deepEqual(cluster.providerWrites(), writes, 'something was deleted before the refusal');

  await pulumi('state', 'unprotect', '--all', '--stack', 'staging', '--yes');
  const { summary: destroyed } = await stack.destroy();
  context.diagnostic(figuresOf(destroyed));
  assert.deepEqual(
    cluster
      .providerWrites()
      .slice(writes.length)
      .filter((write) => isSet(write) || write.resource === 'namespaces'),
    [],
  );
  const { deployment } = JSON.parse(await pulumi('stack', 'export', '--stack', 'staging')) as {
    readonly deployment: { readonly resources?: readonly unknown[] };
  };
  assert.deepEqual(deployment.resources ?? [], []);
  assert.deepEqual(await claims(), claimsBefore);
  assert.deepEqual(await brokers(), podsBefore);

  const { summary: made } = await stack.up();
  context.diagnostic(figuresOf(made));
  assert.deepEqual(await claims(), claimsBefore, 'the same claims on the same volumes');
  assert.deepEqual(await brokers(), podsBefore, 'the sets are taken over with their pods');
  assert.deepEqual(Object.keys((await stack.up()).summary.resourceChanges ?? {}), ['same']);
});
