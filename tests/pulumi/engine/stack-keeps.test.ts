import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { AppsV1Api } from '@kubernetes/client-node';
import type { Stack } from '@pulumi/pulumi/automation/index.js';
import type { Environment } from '../../../infra/environments/environment.ts';
import { staging } from '../../../infra/environments/staging.ts';
import { growVolumes } from '../../../infra/pulumi/command/grow-volumes.ts';
import { needs } from '../../runner/needs.ts';
import { configurationOf, manifestsOf } from '../program/stacks.ts';
import { installClasses, installForeignKinds, startTestCluster, type TestCluster } from './cluster.ts';
import {
  figuresOf,
  findRealProvider,
  makeBackend,
  openStack,
  removeBackend,
  secretConfiguration,
  type Backend,
} from './stack.ts';
import { refusalOf, startOperation } from './stack-process.ts';
import { startStandInProvider, type StandInProvider } from './stand-in-provider.ts';

const DEADLINE = { timeout: 300_000, ...needs('etcd', 'openssl') };
/** Where the runner has not done so, the API server and the engine are built from their modules. */
const BUILD_DEADLINE = { timeout: 2_400_000 };
const PLAIN = ['context', 'clusterUid'];

/** Staging without AWS and Prometheus, on the classes and the version that the cluster of the tests has: what is in it is kept. */
const strict: Environment = {
  ...staging,
  storageClassName: 'standard',
  monitoring: { kind: 'none' },
  kafka: { ...staging.kafka, rack: 'none' },
};
delete strict.aws;

let cluster: TestCluster;
let provider: StandInProvider;
let backend: Backend;
let stack: Stack;
let environment: Environment = strict;
const endings: (() => Promise<void>)[] = [];
const real = findRealProvider();
const options =
  real === undefined ? DEADLINE : { ...DEADLINE, skip: `the stand-in is not used beside ${real}` };

before(async () => {
  if (DEADLINE.skip !== undefined) return;
  cluster = await startTestCluster();
  endings.push(cluster.stop);
  process.env['KUBECONFIG'] = cluster.kubeconfig;
  await installClasses(cluster);
  await installForeignKinds(cluster, manifestsOf(strict));
  provider = await startStandInProvider();
  endings.push(provider.stop);
  backend = await makeBackend(provider.port);
  endings.push(() => removeBackend(backend));
  stack = await openStack({ backend, name: 'staging', environment: () => environment });
  const values = { ...configurationOf(strict), context: cluster.context, clusterUid: cluster.uid };
  await stack.setAllConfig(secretConfiguration(values, PLAIN));
}, BUILD_DEADLINE);

after(async () => {
  for (const end of endings.toReversed()) await end();
});

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

test('an up that was killed in the middle is finished by the next one', options, async () => {
  const child = startOperation(backend, 'up', strict);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const kafkaIsNext = new Promise<void>((resolve) => {
    provider.beforeChange = (call) => {
      if (call.kind !== 'StatefulSet' || call.name !== 'headwater/kafka') return Promise.resolve();
      resolve();
      // The engine that asked is gone when this would be answered.
      return new Promise(() => undefined);
    };
  });
  await kafkaIsNext;
  assert.ok(child.pid !== undefined);
  // The program, and the engine beside it.
  process.kill(-child.pid, 'SIGKILL');
  await ended;
  provider.beforeChange = () => Promise.resolve();

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

test('volumes grow with their data, and the pods go on', options, async () => {
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

test('a volume that would shrink is left alone', options, async () => {
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

test('brokers that run are not taken away, until they were scaled away by hand', options, async () => {
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

test('what holds data outlives the stack, and the next one goes on with it', options, async (context) => {
  const [claimsBefore, podsBefore] = [await claims(), await brokers()];
  assert.equal(claimsBefore.length, 6);
  const calls = provider.calls.length;
  // As the CLI does it: a preview comes first, which is where it stops.
  await assert.rejects(pulumi('destroy', '--stack', 'staging', '--yes'), ({ stdout }: { stdout: string }) => {
    for (const kept of ['kafka', 'kafka-controller']) {
      const urn = `urn:\\S+::kubernetes:apps/v1:StatefulSet::headwater/${kept}`;
      assert.match(stdout, new RegExp(`resource "${urn}" cannot be deleted`));
    }
    assert.match(stdout, /because it is protected[^]*pulumi state unprotect/);
    return true;
  });
  assert.equal(provider.calls.length, calls, 'something was deleted before the refusal');

  await pulumi('state', 'unprotect', '--all', '--stack', 'staging', '--yes');
  const { summary: destroyed } = await stack.destroy();
  context.diagnostic(figuresOf(destroyed));
  assert.deepEqual(
    provider.calls.slice(calls).filter(({ kind }) => kind === 'StatefulSet' || kind === 'Namespace'),
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
