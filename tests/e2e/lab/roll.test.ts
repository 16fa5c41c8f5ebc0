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

interface Metadata {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
  }[];
}

interface Sample {
  /** Brokers that answered. */
  readonly views: number;
  /** `topic-partition` without a leader, in the view of any of them. */
  readonly offline: readonly string[];
}

test(
  'a changed setting rolls the brokers one by one under load: no request fails, no partition is without a leader',
  { timeout: 600_000 },
  async (t) => {
    const cluster = await labCluster();
    const samples: Sample[] = [];
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
    assert.deepEqual([...new Set(samples.flatMap(({ offline }) => offline))], []);
    // Of three brokers two answer at any time, or a second one was taken down before the first was back.
    const fewest = Math.min(...samples.map(({ views }) => views));
    assert.ok(fewest >= BROKERS.length - 1, `at one moment only ${fewest} brokers answered`);
    t.diagnostic(
      `${BROKERS.length} brokers in ${seconds.toFixed(1)} s, ${samples.length} samples; ${await assertStored(sender)}`,
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

/** Asks every broker at once: one that has just started knows of no partition, and finds none without a leader. */
async function look(cluster: Cluster): Promise<Sample> {
  const views = await Promise.all(
    BROKERS.map(async (pod) => {
      try {
        return JSON.parse(
          await runIn(cluster, pod, 'kcat', '-b', 'localhost:9092', '-m', '3', '-L', '-J'),
        ) as Metadata;
      } catch {
        return undefined;
      }
    }),
  );
  const answered = views.filter((view) => view !== undefined);
  const offline = answered.flatMap(({ topics }) =>
    topics.flatMap(({ topic, partitions }) =>
      partitions.filter(({ leader }) => leader < 0).map(({ partition }) => `${topic}-${partition}`),
    ),
  );
  return { views: answered.length, offline };
}

function runIn(cluster: Cluster, pod: string, ...command: readonly string[]): Promise<string> {
  return cluster.ask(['exec', '--namespace', PIPELINE, pod, '--', ...command]);
}
