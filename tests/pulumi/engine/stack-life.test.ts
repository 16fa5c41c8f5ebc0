import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { AppsV1Api, BatchV1Api } from '@kubernetes/client-node';
import type { Stack } from '@pulumi/pulumi/automation/index.js';
import type { Environment } from '../../../infra/environments/environment.ts';
import { lab } from '../../../infra/environments/lab.ts';
import { describeObject } from '../../../infra/pulumi/stack/platform-objects.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { requiredSecrets } from '../../../infra/pulumi/stack/secrets.ts';
import { configurationOf, manifestsOf } from '../program/stacks.ts';
import { installClasses, installForeignKinds, type TestCluster } from './cluster.ts';
import { figuresOf, openStack, withJsonPreviews, type Backend } from './stack.ts';
import { lostInCluster } from './lost-paths.ts';
import { refusalOf } from './stack-process.ts';
import { BUILD_DEADLINE, DEADLINE, startStackUnderTest, type StackUnderTest } from './stack-under-test.ts';

const CANARY = 'S3CR3T-4f2a9c71d0';

let cluster: TestCluster;
let backend: Backend;
let stack: Stack;
let environment: Environment = lab;
const seen: string[] = [];
let previewJson = '';
const onOutput = (text: string): void => void seen.push(text);

let under: StackUnderTest | undefined;
before(async () => {
  if (DEADLINE.skip !== undefined) return;
  const configuration = Object.fromEntries(
    Object.entries(configurationOf(lab)).map(([key, value]) => [
      key,
      value.startsWith('content of') ? `${CANARY} ${key}` : value,
    ]),
  );
  under = await startStackUnderTest({ environment: () => environment, configuration });
  ({ cluster, backend, stack } = under);
}, BUILD_DEADLINE);

after(() => under?.stop());

async function statefulSet(name: string) {
  return cluster.config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ name, namespace: 'headwater' });
}

test('a preview names every object, and makes none', DEADLINE, async () => {
  await installClasses(cluster);
  await installForeignKinds(cluster, manifestsOf(lab));
  const { changeSummary, stdout } = await stack.preview({ onOutput });
  const json = { backend: await withJsonPreviews(backend), name: 'lab', environment: () => environment };
  previewJson = (await (await openStack(json)).preview()).stdout;
  const objects = manifestsOf(lab).length + requiredSecrets(lab).length;
  // Stack and provider are resources too.
  assert.equal(changeSummary.create, objects + 2);
  assert.match(stdout, /kubernetes:apps\/v1:StatefulSet\s+headwater\/kafka\s+create/);
  const { items } = await cluster.core.listNamespace();
  assert.ok(!items.some(({ metadata }) => metadata?.name === 'headwater'));
});

test('up makes everything, and nothing before what it needs is ready', DEADLINE, async (context) => {
  let isZooKeeperHeld = true;
  cluster.nodes.holdsBack = (pod) => isZooKeeperHeld && (pod.metadata?.name ?? '').startsWith('zookeeper-');
  const running = stack.up({ onOutput });
  // Where Kafka needed nothing, it would be made together with ZooKeeper, before that has pods.
  const podsOfZooKeeper = async () => {
    const { items } = await cluster.core.listNamespacedPod({ namespace: 'headwater' });
    return items.filter(({ metadata }) => metadata?.name?.startsWith('zookeeper-') === true);
  };
  await waitUntil(async () => (await podsOfZooKeeper()).length === 3, {
    what: 'three pods of ZooKeeper',
    deadlineMs: 120_000,
  });
  const released = new Date();
  isZooKeeperHeld = false;
  const { summary, outputs } = await running;
  context.diagnostic(figuresOf(summary));
  assert.equal(summary.result, 'succeeded');
  const kafka = cluster
    .providerWrites()
    .find(({ resource, name }) => resource === 'statefulsets' && name === 'headwater/kafka');
  assert.ok(kafka !== undefined && kafka.at > released, 'Kafka is made before ZooKeeper is ready');
  assert.equal(outputs['uploadUrl']?.value, 'https://collect.lab.example.com/upload');
  for (const manifest of manifestsOf(lab)) {
    assert.deepEqual(lostInCluster(cluster.kubectl, manifest), [], describeObject(manifest));
  }
});

test('a second up changes nothing', DEADLINE, async (context) => {
  const { summary } = await stack.up({ onOutput });
  context.diagnostic(figuresOf(summary));
  const { same, ...others } = summary.resourceChanges ?? {};
  assert.ok((same ?? 0) > 40);
  assert.deepEqual(others, {});
});

test('a changed value changes what it is about, and is named in the preview', DEADLINE, async (context) => {
  environment = structuredClone(lab);
  environment.producer.linger = '10ms';
  const { stdout, changeSummary } = await stack.preview({ diff: true, onOutput });
  assert.equal(changeSummary.update, 1);
  assert.match(stdout, /LINGER_MS|"10"/);
  const { summary } = await stack.up({ onOutput });
  context.diagnostic(figuresOf(summary));
  assert.equal(summary.resourceChanges?.update, 1);
});

test('a Job that failed fails its up, and is made anew by the next one', DEADLINE, async (context) => {
  const batch = cluster.config.makeApiClient(BatchV1Api);
  const before = environment;
  environment = structuredClone(lab);
  const { events } = environment.topics;
  assert.ok(events);
  events.retention = '2d';
  const wanted = manifestsOf(environment).find(
    ({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('kafka-topics-'),
  );
  const place = { name: wanted?.metadata.name ?? '', namespace: 'headwater' };
  const isHeld = { value: true };
  cluster.nodes.holdsBack = (pod) => isHeld.value && (pod.metadata?.name ?? '').startsWith(place.name);
  const failing = refusalOf(backend, 'up', environment);
  const made = await waitUntil(() => batch.readNamespacedJob(place), { what: 'a Job', deadlineMs: 60_000 });
  // Ten pods that fail one after the other would take long: its time is up instead.
  const body = [{ op: 'replace', path: '/spec/activeDeadlineSeconds', value: 1 }];
  await batch.patchNamespacedJob({ ...place, body });
  assert.match((await failing) ?? '', /\[DeadlineExceeded\] Job was active longer than specified deadline/);
  isHeld.value = false;
  const { summary } = await stack.up({ onOutput });
  context.diagnostic(figuresOf(summary));
  assert.equal(summary.resourceChanges?.replace, 1);
  const { metadata, status } = await batch.readNamespacedJob(place);
  assert.notEqual(metadata?.uid, made.metadata?.uid);
  assert.equal(status?.succeeded, 1);
  environment = before;
});

test(
  'a secret is rotated by its name: the new one first, then the pods, the old one last',
  DEADLINE,
  async (context) => {
    environment = structuredClone(lab);
    environment.objectStore.credentials = { kind: 'secret', name: 'object-store-v2' };
    await stack.setConfig('object-store-v2.credentials', { value: `${CANARY} rotated`, secret: true });
    const unknown = /object-store-v1\.credentials: unknown key, did you mean object-store-v2\.credentials\?/;
    assert.match((await refusalOf(backend, 'preview', environment)) ?? '', unknown);
    await stack.removeConfig('object-store-v1.credentials');
    const writes = cluster.providerWrites().length;
    const { summary } = await stack.up({ onOutput });
    context.diagnostic(figuresOf(summary));
    const inOrder = [
      'create secrets headwater/object-store-v2',
      'update deployments headwater/consumer',
      'delete secrets headwater/object-store-v1',
    ];
    const made = cluster
      .providerWrites()
      .slice(writes)
      .map(({ action, resource, name }) => `${action} ${resource} ${name}`)
      .filter((write) => inOrder.includes(write));
    // The provider writes a Deployment more than once.
    assert.deepEqual([...new Set(made)], inOrder);
    const { spec } = await cluster.config
      .makeApiClient(AppsV1Api)
      .readNamespacedDeployment({ name: 'consumer', namespace: 'headwater' });
    assert.match(JSON.stringify(spec), /object-store-v2/);
  },
);

test('a quota in the way is refused before anything is touched, and what fits is not', DEADLINE, async () => {
  const place = { name: 'team', namespace: 'headwater' };
  const least = 9;
  const writes = cluster.providerWrites();
  await cluster.objects.create({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: place,
    spec: { hard: { pods: String(least - 1) } },
  });
  try {
    const said = await refusalOf(backend, 'up', environment);
    assert.match(
      said ?? '',
      /stack lab is not touched:\n +- ResourceQuota headwater\/team: pods: the platform asks for 9, 8 of 8 are free: raise it, or ask for less in the environment/,
    );
    assert.deepEqual(cluster.providerWrites(), writes);
    const body = [{ op: 'replace', path: '/spec/hard/pods', value: String(least) }];
    await cluster.core.patchNamespacedResourceQuota({ ...place, body });
    assert.equal(await refusalOf(backend, 'preview', environment), undefined, 'its own pods count once');
  } finally {
    await cluster.core.deleteNamespacedResourceQuota(place);
  }
});

test('a change that would replace a set with data is refused, and nothing is touched', DEADLINE, async () => {
  const found = await statefulSet('kafka');
  const writes = cluster.providerWrites();
  const changed = structuredClone(environment);
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
  assert.deepEqual(cluster.providerWrites(), writes);
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
  const secret = await cluster.core.readNamespacedSecret({ name: 'object-store-v2', namespace: 'headwater' });
  const content = Buffer.from(secret.data?.['credentials'] ?? '', 'base64').toString();
  assert.ok(content.startsWith(CANARY), 'the Secret itself has it');
  const base64 = Buffer.from(CANARY).toString('base64').replace(/=*$/, '').slice(0, -1);
  assert.match(
    previewJson,
    /"urn": "urn:pulumi:lab::headwater::kubernetes:core\/v1:Secret::headwater\/object-store-v1"/,
  );
  const everywhere = {
    state: stdout,
    'preview --json': previewJson,
    outputs: seen.join(''),
    manifests: JSON.stringify(manifestsOf(environment)),
  };
  for (const [place, text] of Object.entries(everywhere)) {
    assert.ok(text.length > 1000, place);
    assert.ok(!text.includes(CANARY), `${place} has the secret`);
    assert.ok(!text.includes(base64), `${place} has the secret in base64`);
  }
  assert.match(stdout, /4dabf18193072939515e22adb298388d/, 'secrets are in the state, encrypted');
});

test('destroy takes the stack away, and the volumes of its claims remain', DEADLINE, async (context) => {
  const claims = await cluster.core.listNamespacedPersistentVolumeClaim({ namespace: 'headwater' });
  const { summary } = await stack.destroy({ onOutput });
  context.diagnostic(figuresOf(summary));
  assert.equal(summary.result, 'succeeded');
  const { items } = await cluster.core.listNamespace();
  assert.ok(!items.some(({ metadata }) => metadata?.name === 'headwater'));
  const volumes = await cluster.core.listPersistentVolume();
  const left = new Map(volumes.items.map(({ metadata, status }) => [metadata?.name, status?.phase]));
  assert.ok(claims.items.length >= 6);
  for (const { spec } of claims.items) assert.equal(left.get(spec?.volumeName), 'Released');
});
