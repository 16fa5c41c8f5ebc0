import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { lab } from '../../../infra/environments/lab.ts';
import type { Sender } from '../../../infra/local/up/sender.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import type { MetadataMode } from '../../lab/environments.ts';
import { PATHS } from '../../lab/place.ts';
import { type Changes, type Operation, runOperation } from '../../lab/stack/operation.ts';
import { labCluster, metadataMode, newSender, PIPELINE, sample } from './lab-under-test.ts';
import { assertStored } from './load.ts';
import { podsOf, workloads } from './workloads.ts';

const EVENTS = 1_000;
/** One of each broker and controller, two of each server of ZooKeeper. */
const CLAIMS: Readonly<Record<MetadataMode, number>> = { zookeeper: 9, kraft: 6 };

test('a second up changes nothing: no workload has a new revision, no pod is new', async (t) => {
  const cluster = await labCluster();
  const [revisionsBefore, podsBefore] = [revisionsOf(cluster), await uidsOf(cluster)];
  const { same = 0, ...others } = await run(t, 'up');
  assert.deepEqual(others, {});
  assert.ok(same > 40, `only ${same} resources`);
  assert.deepEqual(revisionsOf(cluster), revisionsBefore);
  assert.ok(podsBefore.length > 0);
  assert.deepEqual(await uidsOf(cluster), podsBefore);
});

test(
  'the stack is destroyed, its namespaces with it, and made again on its volumes: what only the brokers had is stored once, and the logs go on',
  { timeout: 600_000 },
  async (t) => {
    const cluster = await labCluster();
    await stopConsumer(cluster);
    const before = newSender(t.signal);
    await before.send(sample(EVENTS));
    assert.equal(before.failed, 0, before.failure);
    const claims = claimsOf(cluster);
    assert.equal(claims.size, CLAIMS[metadataMode()]);

    assert.deepEqual(Object.keys(await run(t, 'destroy')), ['delete']);
    const namespaces = cluster.kubectl(['get', 'namespaces', '-o', 'name']).split('\n');
    for (const name of Object.values(lab.namespaces))
      assert.ok(!namespaces.includes(`namespace/${name}`), name);
    assert.deepEqual(phasesOf(cluster, claims.values()), new Set(['Released']));

    takeBack(cluster);
    assert.deepEqual(Object.keys(await run(t, 'up')), ['create']);
    assert.deepEqual(claimsOf(cluster), claims, 'the same claims on the same volumes');
    const after = await sendAgain(t);
    assertLogsGoOn(before, after);
    t.diagnostic(`before: ${await assertStored(before)}`);
    t.diagnostic(`after: ${await assertStored(after)}`);
    // Each topic has a directory of its own, named after its id: another one would be another chain.
    const { bucket } = lab.objectStore;
    const topic = join(PATHS.objectStore, 'objects', bucket, lab.consumer.prefix, lab.eventsTopic);
    assert.equal(readdirSync(topic).length, 1);
  },
);

async function run(t: TestContext, operation: Operation): Promise<Changes> {
  const began = performance.now();
  let last = '';
  const changes = await runOperation(process, operation, metadataMode(), (text) => (last = text));
  t.diagnostic(`${last}; ${((performance.now() - began) / 1_000).toFixed(1)} s with the start of the engine`);
  return changes;
}

/** What is accepted from now on, only the brokers have. */
async function stopConsumer(cluster: Cluster): Promise<void> {
  cluster.kubectl(['scale', 'deployment/consumer', '--namespace', PIPELINE, '--replicas=0']);
  const consumers = (await workloads(cluster)).filter(({ metadata }) => metadata.name === 'consumer');
  await waitUntil(async () => (await podsOf(cluster, ...consumers)).length === 0, {
    what: 'without a consumer',
    deadlineMs: 90_000,
    everyMs: 500,
  });
}

/** The ingress has to hear of the new pods first. */
async function sendAgain(t: TestContext): Promise<Sender> {
  const answers = async (): Promise<boolean> => {
    const probe = newSender(t.signal);
    await probe.send(sample(1));
    return probe.failed === 0;
  };
  await waitUntil(answers, { what: 'an ingress that answers', deadlineMs: 60_000 });
  const sender = newSender(t.signal);
  await sender.send(sample(EVENTS));
  assert.equal(sender.failed, 0, sender.failure);
  return sender;
}

/** A log that was made anew would begin at 0. */
function assertLogsGoOn(before: Sender, after: Sender): void {
  const accepted = ({ ledger }: Sender) =>
    [...ledger.attempts].filter(({ outcome }) => outcome === 'accepted');
  const ends = new Map<number, number>();
  for (const { partition = -1, offset = -1 } of accepted(before)) {
    ends.set(partition, Math.max(offset, ends.get(partition) ?? -1));
  }
  const later = accepted(after).filter(({ partition = -1 }) => ends.has(partition));
  assert.ok(later.length > 0, 'no partition has events of both');
  const early = later.filter(({ partition = -1, offset = -1 }) => offset <= (ends.get(partition) ?? -1));
  assert.deepEqual(early, []);
}

/** Gives each volume back to the claim that it was bound to, as docs/pulumi.md has it. */
function takeBack(cluster: Cluster): void {
  const remove = ['uid', 'resourceVersion'].map((field) => ({
    op: 'remove',
    path: `/spec/claimRef/${field}`,
  }));
  const patch = ['--type=json', `--patch=${JSON.stringify(remove)}`];
  const released = volumes(cluster).filter(
    ({ spec, status }) => status.phase === 'Released' && spec.claimRef?.namespace === PIPELINE,
  );
  for (const { metadata } of released)
    cluster.kubectl(['patch', 'persistentvolume', metadata.name, ...patch]);
}

interface Named {
  readonly metadata: { readonly name: string };
}

interface Claim extends Named {
  readonly spec: { readonly volumeName: string };
}

interface Volume extends Named {
  readonly spec: { readonly claimRef?: { readonly namespace: string; readonly name: string } };
  readonly status: { readonly phase: string };
}

function volumes(cluster: Cluster): readonly Volume[] {
  return list(cluster, 'persistentvolumes') as readonly Volume[];
}

/** Names of the claims, and of their volumes. */
function claimsOf(cluster: Cluster): ReadonlyMap<string, string> {
  const claims = list(cluster, 'persistentvolumeclaims') as readonly Claim[];
  return new Map(claims.map(({ metadata, spec }) => [metadata.name, spec.volumeName]));
}

function phasesOf(cluster: Cluster, names: Iterable<string>): ReadonlySet<string> {
  const wanted = new Set(names);
  const found = volumes(cluster).filter(({ metadata }) => wanted.has(metadata.name));
  assert.equal(found.length, wanted.size, 'a volume is gone');
  return new Set(found.map(({ status }) => status.phase));
}

/** One for each template that a workload has had. */
function revisionsOf(cluster: Cluster): readonly string[] {
  return list(cluster, 'replicasets,controllerrevisions').map(({ metadata }) => metadata.name);
}

/** Those of producers are left out: an autoscaler makes and takes some of them. */
async function uidsOf(cluster: Cluster): Promise<readonly string[]> {
  const steady = (await workloads(cluster)).filter(({ metadata }) => metadata.name !== 'producer');
  return (await podsOf(cluster, ...steady)).map(({ metadata }) => metadata.uid);
}

function list(cluster: Cluster, resources: string): readonly Named[] {
  return (cluster.get(PIPELINE, resources) as { readonly items: readonly Named[] }).items;
}
