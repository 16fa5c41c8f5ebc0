import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lab } from '../../../infra/environments/lab.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { labCluster, PIPELINE } from './lab-under-test.ts';
import { assertStored, underLoad } from './load.ts';
import { isWhole, workloads } from './workloads.ts';

const BROKERS = Array.from({ length: lab.kafka.brokers }, (_, id) => `kafka-${id}`);
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
  'a changed setting rolls the brokers one by one under load: no request fails, no partition is without a leader or short of replicas',
  { timeout: 600_000 },
  async (t) => {
    const cluster = await labCluster();
    const samples: (readonly View[])[] = [];
    let seconds = 0;
    let line = '';
    const sender = await underLoad(t.signal, async () => {
      const began = performance.now();
      line = changeSetting(cluster);
      await waitUntil(
        async () => {
          samples.push(await look(cluster));
          return (await workloads(cluster)).every(isWhole);
        },
        { what: 'rolled', deadlineMs: 300_000, everyMs: 200, signal: t.signal },
      );
      seconds = (performance.now() - began) / 1_000;
    });
    for (const pod of BROKERS)
      assert.match(await runIn(cluster, pod, 'cat', '/tmp/server.properties'), new RegExp(`^${line}$`, 'm'));
    const failed = [...sender.ledger.attempts].filter(({ outcome }) => outcome !== 'accepted');
    assert.deepEqual(failed, []);
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
    t.diagnostic(
      `${BROKERS.length} brokers in ${seconds.toFixed(1)} s, ${samples.length} samples of ${views.length} views; ${await assertStored(sender)}`,
    );
  },
);

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
        const text = await runIn(cluster, pod, 'kcat', '-b', 'localhost:9092', '-m', '2', '-L', '-J');
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
