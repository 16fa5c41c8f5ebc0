// `LOGS_OUTAGE_SECONDS=120 npm run test:e2e` keeps the search cluster away for longer.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { lab } from '../../../infra/environments/lab.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { PATHS } from '../../lab/place.ts';
import { labCluster } from './lab-under-test.ts';
import { bufferLogs, QUOTA_LINES_PER_SECOND as QUOTA } from './logs/buffered.ts';
import { FAULTLESS, NumberedLines } from './logs/numbered-lines.ts';
import { ask, type LogDocument } from './logs/search.ts';
import { restartsOf, type Pod } from './workloads.ts';

const { LOGS_OUTAGE_SECONDS = '30' } = process.env;
const OUTAGE_MS = Number(LOGS_OUTAGE_SECONDS) * 1_000;
/** Of the pods that write. */
const LINES_PER_SECOND = 50;
/** The longest that Filebeat waits before it tries again, a minute, and as much for what it then has to send. */
const RECOVERY_MS = 120_000;

const seconds = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1);

describe('with the search cluster there', { concurrency: true }, () => {
  test("a pod's lines are found by its name, each once", { timeout: 180_000 }, async (t) => {
    const { documents, report } = await collect(await labCluster(), 1_000);
    t.diagnostic(report);
    assert.ok(documents.every(({ kafka }) => kafka === undefined));
  });

  test('a pod that writes one line is heard', { timeout: 120_000 }, async (t) => {
    const { report } = await collect(await labCluster(), 1);
    t.diagnostic(report);
  });
});

test(
  'lines written while the search cluster is away are found when it is back, each once',
  { timeout: 240_000 + OUTAGE_MS },
  async (t) => {
    await surviveOutage(t, await labCluster());
  },
);

test(
  'by way of Kafka too, with the search cluster away, each line is found once',
  { timeout: 780_000 + OUTAGE_MS },
  async (t) => {
    const cluster = await labCluster();
    const began = performance.now();
    const restore = bufferLogs(cluster);
    try {
      t.diagnostic(`shippers and indexers of the log buffer ready in ${seconds(began)} s`);
      const documents = await surviveOutage(t, cluster);
      // A collector that was held up reads on faster than the quota, and what is beyond it goes another way.
      const lanes = new Set(documents.map(({ kafka }) => kafka?.topic));
      assert.ok(lanes.delete('logs-medium'));
      lanes.delete('logs-burst');
      assert.deepEqual([...lanes], []);
      for (const lane of ['high', 'low']) {
        const asked = await collected(new NumberedLines(cluster, { lines: 100, lane }));
        const own = asked.filter(({ kafka }) => kafka?.topic === `logs-${lane}`);
        // Until the API server has told its labels, a pod is like any other.
        const before = asked.filter(({ kafka }) => kafka?.topic === 'logs-medium');
        assert.equal(own.length + before.length, 100);
        assert.ok(own.length >= 50, `${own.length} of 100 lines came by lane ${lane}`);
      }
      const noisy = await collected(new NumberedLines(cluster, { lines: 20 * QUOTA, burst: 20 * QUOTA }));
      const topics = Map.groupBy(noisy, ({ kafka }) => kafka?.topic);
      assert.deepEqual([...topics.keys()].sort(), ['logs-burst', 'logs-medium']);
      assert.ok((topics.get('logs-medium') ?? []).length >= QUOTA);
    } finally {
      restore();
    }
  },
);

async function collect(
  cluster: Cluster,
  lines: number,
): Promise<{ documents: LogDocument[]; report: string }> {
  const began = performance.now();
  const documents = await collected(new NumberedLines(cluster, { lines }));
  return { documents, report: `${lines} lines found ${seconds(began)} s after their pod was asked for` };
}

/** All lines of a pod, each once. */
async function collected(pod: NumberedLines): Promise<LogDocument[]> {
  pod.start();
  try {
    const documents = await pod.storedAll((pod.lines / LINES_PER_SECOND) * 1_000 + 60_000);
    assert.deepEqual(pod.faults(documents), FAULTLESS);
    return documents;
  } finally {
    pod.remove();
  }
}

/** The pod begins before the outage and writes on after it. */
async function surviveOutage(t: TestContext, cluster: Cluster): Promise<LogDocument[]> {
  const pod = new NumberedLines(cluster, { lines: (OUTAGE_MS / 1_000 + 20) * LINES_PER_SECOND });
  const restarted = restarts(cluster);
  pod.start();
  try {
    await waitUntil(() => pod.stored().length > 0, {
      what: 'a first line',
      deadlineMs: 60_000,
      everyMs: 500,
    });
    writeFileSync(PATHS.searchAway, '');
    await waitUntil(() => !answers(), { what: 'an absent search cluster', deadlineMs: 60_000 });
    const gone = performance.now();
    await setTimeout(OUTAGE_MS, undefined, { signal: t.signal });
    rmSync(PATHS.searchAway);
    await waitUntil(answers, { what: 'the search cluster back', deadlineMs: 60_000 });
    const away = seconds(gone);
    const back = performance.now();
    assert.ok(pod.faults(pod.stored()).missing.length > 0, 'nothing was written while it was away');
    const documents = await pod.storedAll(RECOVERY_MS);
    assert.deepEqual(pod.faults(documents), FAULTLESS);
    t.diagnostic(`away for ${away} s; all ${pod.lines} lines found ${seconds(back)} s after it was back`);
    assert.equal(restarts(cluster), restarted, 'a collector was restarted');
    return documents;
  } finally {
    rmSync(PATHS.searchAway, { force: true });
    await waitUntil(answers, { what: 'the search cluster back', deadlineMs: 60_000 });
    pod.remove();
  }
}

function answers(): boolean {
  try {
    ask('/');
    return true;
  } catch {
    return false;
  }
}

/** Of the collectors, in all: a pod of another test may be on its way out. */
function restarts(cluster: Cluster): number {
  const { items } = cluster.get(lab.namespaces.logging, 'pods') as { items: readonly Pod[] };
  return items.reduce((sum, pod) => sum + restartsOf(pod), 0);
}
