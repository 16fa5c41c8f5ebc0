import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { AppsV1Api } from '@kubernetes/client-node';
import type { Stack } from '@pulumi/pulumi/automation/index.js';
import type { Environment } from '../../../infra/environments/environment.ts';
import { lab } from '../../../infra/environments/lab.ts';
import { describeObject } from '../../../infra/pulumi/platform-objects.ts';
import { requiredSecrets } from '../../../infra/pulumi/secrets.ts';
import { configurationOf, manifestsOf } from '../stacks.ts';
import { installClasses, installKinds, startTestCluster, type TestCluster } from './cluster.ts';
import {
  findRealProvider,
  makeBackend,
  openStack,
  removeBackend,
  secretConfiguration,
  type Backend,
} from './stack.ts';
import { refusalOf } from './stack-process.ts';
import { startStandInProvider, type StandInProvider } from './stand-in-provider.ts';

const CANARY = 'S3CR3T-4f2a9c71d0';
const DEADLINE = { timeout: 300_000 };
/** The first time, the API server and the engine are built from their modules. */
const BUILD_DEADLINE = { timeout: 2_400_000 };

let cluster: TestCluster;
let provider: StandInProvider | undefined;
let backend: Backend;
const endings: (() => Promise<void>)[] = [];
let stack: Stack;
let environment: Environment = lab;
const seen: string[] = [];
const onOutput = (text: string): void => void seen.push(text);

before(async () => {
  cluster = await startTestCluster();
  endings.push(cluster.stop);
  process.env['KUBECONFIG'] = cluster.kubeconfig;
  if (findRealProvider() === undefined) {
    provider = await startStandInProvider();
    endings.push(provider.stop);
  }
  backend = await makeBackend(provider?.port);
  endings.push(() => removeBackend(backend));
  stack = await openStack({ backend, name: 'lab', environment: () => environment });
  const values = { ...configurationOf(lab), context: cluster.context, clusterUid: cluster.uid };
  const secrets = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      value.startsWith('content of') ? `${CANARY} ${key}` : value,
    ]),
  );
  await stack.setAllConfig(secretConfiguration(secrets, ['context', 'clusterUid']));
}, BUILD_DEADLINE);

after(async () => {
  for (const end of endings.toReversed()) await end();
});

async function statefulSet(name: string) {
  return cluster.config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ name, namespace: 'headwater' });
}

test(
  'a cluster that lacks a kind and a StorageClass is refused before anything is applied',
  DEADLINE,
  async () => {
    const said = await refusalOf(backend, 'up', lab);
    assert.match(said ?? '', /ScaledObject \(keda\.sh\/v1alpha1\) is not served: install KEDA/);
    assert.match(said ?? '', /StorageClass: there is no default one/);
    const { items } = await cluster.core.listNamespace();
    assert.ok(!items.some(({ metadata }) => metadata?.name === 'headwater'));
  },
);

test('a preview names every object, and makes none', DEADLINE, async () => {
  await installClasses(cluster);
  await installKinds(cluster, 'keda.sh', 'v1alpha1', ['ScaledObject', 'TriggerAuthentication']);
  const { changeSummary, stdout } = await stack.preview({ onOutput });
  const objects = manifestsOf(lab).length + requiredSecrets(lab).length;
  // The provider is a resource too.
  assert.equal(changeSummary.create, objects + 1);
  assert.match(stdout, /kubernetes:apps\/v1:StatefulSet\s+headwater\/kafka\s+create/);
  const { items } = await cluster.core.listNamespace();
  assert.ok(!items.some(({ metadata }) => metadata?.name === 'headwater'));
});

test('up makes everything, and nothing before what it needs is ready', DEADLINE, async () => {
  let isZooKeeperHeld = true;
  cluster.nodes.holdsBack = (pod) => isZooKeeperHeld && (pod.metadata?.name ?? '').startsWith('zookeeper-');
  const running = stack.up({ onOutput });
  const applied = (name: string) => provider?.calls.some((call) => call.name === name) === true;
  if (provider !== undefined) {
    const { beforeChange } = provider;
    provider.beforeChange = async (call) => {
      if (call.name === 'headwater/kafka' && call.kind === 'StatefulSet') {
        assert.equal(isZooKeeperHeld, false, 'Kafka is made before ZooKeeper is ready');
      }
      await beforeChange(call);
    };
    while (!applied('headwater/zookeeper-client')) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  isZooKeeperHeld = false;
  const { summary, outputs } = await running;
  assert.equal(summary.result, 'succeeded');
  assert.equal(outputs['uploadUrl']?.value, 'https://collect.lab.example.com/upload');
  for (const manifest of manifestsOf(lab)) {
    assert.ok(await cluster.objects.read(manifest), describeObject(manifest));
  }
});

test('a second up changes nothing', DEADLINE, async () => {
  const { summary } = await stack.up({ onOutput });
  const { same, ...others } = summary.resourceChanges ?? {};
  assert.ok((same ?? 0) > 40);
  assert.deepEqual(others, {});
});

test('a changed value changes what it is about, and is named in the preview', DEADLINE, async () => {
  environment = structuredClone(lab);
  environment.producer.linger = '10ms';
  const { stdout, changeSummary } = await stack.preview({ diff: true, onOutput });
  assert.equal(changeSummary.update, 1);
  assert.match(stdout, /LINGER_MS|"10"/);
  const { summary } = await stack.up({ onOutput });
  assert.equal(summary.resourceChanges?.update, 1);
  environment = lab;
  assert.equal((await stack.up({ onOutput })).summary.resourceChanges?.update, 1);
});

test('a change that would replace a set with data is refused, and nothing is touched', DEADLINE, async () => {
  const found = await statefulSet('kafka');
  const changes = provider?.calls.length;
  const changed = structuredClone(lab);
  changed.kafka.logVolume = '8Gi';
  changed.producer.linger = '20ms';
  const refusal =
    /StatefulSet headwater\/kafka: volumeClaimTemplates cannot be changed in place: \S+ 4Gi → 8Gi/;
  for (const operation of ['preview', 'up'] as const) {
    assert.match((await refusalOf(backend, operation, changed)) ?? '', refusal, operation);
  }
  const live = await statefulSet('kafka');
  assert.equal(live.metadata?.uid, found.metadata?.uid);
  assert.equal(live.metadata?.generation, found.metadata?.generation);
  assert.equal(provider?.calls.length, changes);
});

test('a secret stands in no output and in no state, neither plain nor in base64', DEADLINE, async () => {
  const { stdout } = await promisify(execFile)(
    backend.command.command,
    ['stack', 'export', '--stack', 'lab'],
    {
      cwd: stack.workspace.workDir,
      env: { ...process.env, ...stack.workspace.envVars, PULUMI_HOME: stack.workspace.pulumiHome },
      maxBuffer: 64 * 1024 ** 2,
    },
  );
  const secret = await cluster.core.readNamespacedSecret({ name: 'object-store-v1', namespace: 'headwater' });
  const content = Buffer.from(secret.data?.['credentials'] ?? '', 'base64').toString();
  assert.ok(content.startsWith(CANARY), 'the Secret itself has it');
  const base64 = Buffer.from(CANARY).toString('base64').replace(/=*$/, '').slice(0, -1);
  const everywhere = { state: stdout, outputs: seen.join(''), manifests: JSON.stringify(manifestsOf(lab)) };
  for (const [place, text] of Object.entries(everywhere)) {
    assert.ok(text.length > 1000, place);
    assert.ok(!text.includes(CANARY), `${place} has the secret`);
    assert.ok(!text.includes(base64), `${place} has the secret in base64`);
  }
  assert.match(stdout, /4dabf18193072939515e22adb298388d/, 'secrets are in the state, encrypted');
});

test('a wrong passphrase opens nothing', DEADLINE, async () => {
  const other = await openStack({ backend, name: 'lab', environment: () => lab, passphrase: 'wrong' });
  await assert.rejects(other.preview(), /incorrect passphrase/);
});

test('destroy takes the stack away', DEADLINE, async () => {
  const { summary } = await stack.destroy({ onOutput });
  assert.equal(summary.result, 'succeeded');
  const { items } = await cluster.core.listNamespace();
  assert.ok(!items.some(({ metadata }) => metadata?.name === 'headwater'));
});
