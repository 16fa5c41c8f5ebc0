import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaHosts } from '../../../infra/constructs/kafka/kafka-hosts.ts';
import { LISTENER_PORTS } from '../../../infra/constructs/kafka/kafka-listeners.ts';
import { lab } from '../../../infra/environments/lab.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { NODE_NAME } from '../../lab/place.ts';
import { labCluster, PIPELINE } from './lab-under-test.ts';
import { assertStored, underLoad } from './load.ts';
import { wholePods } from './workloads.ts';

const BROKERS = Array.from({ length: lab.kafka.brokers }, (_, id) => `kafka-${id}`);
const DOMAIN = kafkaHosts({ ...lab.kafka, namespace: PIPELINE, clusterDomain: lab.clusterDomain }).brokers;
/** That one which is away when the roll begins. Brokers are rolled from the other end. */
const AWAY = 'kafka-0';
/** For so long the roll has reason to go on, and must not. */
const HELD_MS = 10_000;
const SETTING = 'background.threads';

/** Of the topics that the platform makes, those of Kafka's own among them. */
const MIN_IN_SYNC = 2;

/** What one broker knows of the cluster. */
interface View {
  readonly brokers: readonly { readonly id: number }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly leader: number;
      readonly isrs: readonly unknown[];
    }[];
  }[];
}

test(
  'a changed setting rolls the brokers one by one under load, also when one was away before, and producer and consumer with them: no request fails, no partition is without a leader or short of replicas',
  { timeout: 600_000 },
  async (t) => {
    const cluster = await labCluster();
    const samples: (readonly View[])[] = [];
    const sampleUntil = (what: string, condition: () => Promise<boolean>): Promise<boolean> =>
      waitUntil(
        async () => {
          samples.push(await look(cluster));
          return condition();
        },
        { what, deadlineMs: 300_000, everyMs: 200, signal: t.signal },
      );
    let [held, seconds] = [0, 0];
    let line = '';
    let waiting: string[] = [];
    const sender = await underLoad(t.signal, async () => {
      const began = performance.now();
      const bringBack = await sendAway(cluster, AWAY);
      try {
        line = changeSetting(cluster);
        // What is nowhere yet is made anew with the change, and need not be rolled after it is back.
        cluster.kubectl(['delete', 'pod', '--namespace', PIPELINE, '--wait=false', AWAY]);
        await sampleUntil('another broker about to leave', async () => (await leaving(cluster)).length > 0);
        const since = performance.now();
        await sampleUntil('held back', () => Promise.resolve(performance.now() - since > HELD_MS));
        held = (performance.now() - since) / 1_000;
        waiting = await leaving(cluster);
      } finally {
        bringBack();
      }
      const apps = ['deployment/producer', 'deployment/consumer'];
      cluster.kubectl(['rollout', 'restart', '--namespace', PIPELINE, ...apps]);
      await sampleUntil('rolled', async () => (await wholePods(cluster)).length > 0);
      seconds = (performance.now() - began) / 1_000;
    });
    for (const pod of BROKERS)
      assert.match(await runIn(cluster, pod, 'cat', '/tmp/server.properties'), new RegExp(`^${line}$`, 'm'));
    assertSafe(samples);
    assert.equal(waiting.length, 1, `${waiting.length} brokers waited for ${AWAY}`);
    const failed = [...sender.ledger.attempts].filter(({ outcome }) => outcome !== 'accepted');
    assert.deepEqual(failed, []);
    t.diagnostic(
      `${AWAY} was away, and another waited for it for ${held.toFixed(1)} s; ${BROKERS.length} brokers in ${seconds.toFixed(1)} s, ${samples.length} samples of ${samples.flat().length} views; ${await assertStored(sender)}`,
    );
  },
);

/** At no moment that a broker told of was a partition in danger, or more than one broker away. */
function assertSafe(samples: readonly (readonly View[])[]): void {
  assert.ok(samples.length >= 10, `only ${samples.length} samples`);
  const views = samples.flat();
  assert.ok(views.length >= samples.length, 'not one view for each sample');
  const partitions = views.flatMap(({ topics }) =>
    topics.flatMap(({ topic, partitions: all }) =>
      all.map(({ partition, leader, isrs }) => ({ name: `${topic}-${partition}`, leader, isrs })),
    ),
  );
  const names = (these: typeof partitions): string[] => [...new Set(these.map(({ name }) => name))];
  assert.deepEqual(names(partitions.filter(({ leader }) => leader < 0)), []);
  // What the departure of a broker waits for; below that writes are refused, and sent again.
  assert.deepEqual(names(partitions.filter(({ isrs }) => isrs.length < MIN_IN_SYNC)), []);
  const fewest = Math.min(...views.map(({ brokers }) => brokers.length));
  assert.ok(fewest >= BROKERS.length - 1, `at one moment only ${fewest} brokers were there`);
}

/**
 * Lets a broker go as in a drain, while no node takes pods. @returns what lets it come back
 */
async function sendAway(cluster: Cluster, pod: string): Promise<() => void> {
  cluster.kubectl(['cordon', NODE_NAME]);
  const bringBack = (): void => void cluster.kubectl(['uncordon', NODE_NAME]);
  try {
    cluster.kubectl(['delete', 'pod', '--namespace', PIPELINE, '--wait=false', pod]);
    await waitUntil(async () => (await phaseOf(cluster, pod)) === 'Pending', {
      ...{ what: `${pod} away`, deadlineMs: 60_000, everyMs: 500 },
    });
  } catch (error) {
    bringBack();
    throw error;
  }
  return bringBack;
}

async function phaseOf(cluster: Cluster, pod: string): Promise<string> {
  return cluster.ask(['get', 'pod', '--namespace', PIPELINE, pod, '--output=jsonpath={.status.phase}']);
}

/** Brokers that were told to leave and are still there. */
async function leaving(cluster: Cluster): Promise<string[]> {
  const column = 'custom-columns=:.metadata.deletionTimestamp';
  const told = await cluster.ask([
    'get',
    'pod',
    '--namespace',
    PIPELINE,
    ...BROKERS,
    '--no-headers',
    '--output',
    column,
  ]);
  return told.split('\n').filter((time) => time !== '' && time !== '<none>');
}

/**
 * Changes one setting of every broker as an apply of a changed environment does: the file, and the mark of its content
 * by which the pods are rolled. @returns its line in the file
 */
function changeSetting(cluster: Cluster): string {
  const { data } = cluster.get(PIPELINE, 'configmap/kafka-config') as {
    readonly data: Readonly<Record<string, string>>;
  };
  const old = data['server.properties'] ?? '';
  const line = `${SETTING}=${old.includes(`${SETTING}=11`) ? 12 : 11}`;
  const kept = old.split('\n').filter((text) => text !== '' && !text.startsWith(`${SETTING}=`));
  const patch = (object: string, change: object): string =>
    cluster.kubectl(['patch', object, '--namespace', PIPELINE, '--patch', JSON.stringify(change)]);
  patch('configmap/kafka-config', { data: { 'server.properties': `${[...kept, line].join('\n')}\n` } });
  const annotations = { 'headwater/config-hash': `test-${line}` };
  patch('statefulset/kafka', { spec: { template: { metadata: { annotations } } } });
  return line;
}

/** Asks every broker at once. One that has just started knows of no topic, and is left out. */
async function look(cluster: Cluster): Promise<readonly View[]> {
  const views = await Promise.all(
    BROKERS.map(async (pod) => {
      try {
        const broker = `${pod}.${DOMAIN}:${LISTENER_PORTS.replication}`;
        const ask = ['kcat', '-F', '/etc/headwater/kcat.properties', '-b', broker, '-m', '2', '-L', '-J'];
        const text = await runIn(cluster, pod, ...ask);
        return JSON.parse(text) as View;
      } catch {
        return undefined;
      }
    }),
  );
  return views.filter((view) => view !== undefined).filter(({ topics }) => topics.length > 0);
}

function runIn(cluster: Cluster, pod: string, ...command: readonly string[]): Promise<string> {
  return cluster.ask(['exec', '--namespace', PIPELINE, pod, '--', ...command]);
}
