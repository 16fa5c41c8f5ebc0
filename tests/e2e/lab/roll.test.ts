import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { lab } from '../../../infra/environments/lab.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { labCluster, newSender, PIPELINE, sample, verifyWhenStored } from './lab-under-test.ts';

const execute = promisify(execFile);
/** So many that they last longer than the roll. */
const EVENTS = 20_000;
const PER_SECOND = 60;
const BROKERS = Array.from({ length: lab.kafka.brokers }, (_, id) => `kafka-${id}`);

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
  'brokers are rolled one by one under load: no request fails, no partition is without a leader',
  {
    timeout: 500_000,
  },
  async (t) => {
    const cluster = await labCluster();
    const ended = new AbortController();
    const sender = newSender(AbortSignal.any([t.signal, ended.signal]));
    const sending = sender.send(sample(EVENTS, PER_SECOND));
    const samples: Sample[] = [];
    let seconds: number;
    try {
      await waitUntil(() => sender.accepted > 100, { what: 'a flow of events', deadlineMs: 60_000 });
      const began = performance.now();
      cluster.kubectl(['rollout', 'restart', '--namespace', PIPELINE, 'statefulset/kafka']);
      await waitUntil(
        async () => {
          samples.push(await look(cluster));
          return isRolled(cluster);
        },
        { what: 'rolled', deadlineMs: 300_000, everyMs: 200 },
      );
      seconds = (performance.now() - began) / 1_000;
    } finally {
      ended.abort();
      await sending;
    }
    const { ledger } = sender;
    const failed = [...ledger.attempts].filter(({ outcome }) => outcome !== 'accepted');
    assert.deepEqual(failed, []);
    assert.ok(samples.length >= 10, `only ${samples.length} samples`);
    assert.deepEqual([...new Set(samples.flatMap(({ offline }) => offline))], []);
    // Of three brokers two answer at any time, or a second one was taken down before the first was back.
    const fewest = Math.min(...samples.map(({ views }) => views));
    assert.ok(fewest >= BROKERS.length - 1, `at one moment only ${fewest} brokers answered`);
    const { missing, duplicate, violations } = await verifyWhenStored(ledger, 150_000);
    assert.deepEqual({ missing, duplicate, violations }, { missing: 0, duplicate: 0, violations: [] });
    t.diagnostic(
      `${BROKERS.length} brokers in ${seconds.toFixed(1)} s, ${sender.accepted} events accepted, ${samples.length} samples`,
    );
  },
);

/** Asks every broker at once: one that has just started knows of no partition, and finds none without a leader. */
async function look(cluster: Cluster): Promise<Sample> {
  const views = await Promise.all(
    BROKERS.map(async (pod) => {
      const [program, ...words] = cluster.command;
      const kcat = ['kcat', '-b', 'localhost:9092', '-m', '5', '-L', '-J'];
      try {
        const { stdout } = await execute(
          program,
          [...words, 'exec', '--namespace', PIPELINE, pod, '--', ...kcat],
          { timeout: 10_000, maxBuffer: 16 * 1024 * 1024 },
        );
        return JSON.parse(stdout) as Metadata;
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

function isRolled(cluster: Cluster): boolean {
  const { metadata, spec, status } = cluster.get(PIPELINE, 'statefulset/kafka') as {
    readonly metadata: { readonly generation: number };
    readonly spec: { readonly replicas: number };
    readonly status: Readonly<Record<string, number | string | undefined>>;
  };
  return (
    status['observedGeneration'] === metadata.generation &&
    status['currentRevision'] === status['updateRevision'] &&
    status['readyReplicas'] === spec.replicas &&
    status['availableReplicas'] === spec.replicas
  );
}
