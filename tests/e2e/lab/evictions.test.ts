import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { labCluster, PIPELINE } from './lab-under-test.ts';
import { podsOf, replaced, workloads, type Pod } from './workloads.ts';

test(
  'one pod of each persistent set may be evicted, and no second one until the first is back',
  { timeout: 500_000 },
  async (t) => {
    const cluster = await labCluster();
    const sets = (await workloads(cluster)).filter(({ kind }) => kind === 'StatefulSet');
    for (const workload of sets) {
      const [first, second] = await podsOf(cluster, workload);
      assert.ok(first !== undefined && second !== undefined);
      await mayBeEvicted(cluster, first);
      const taken = evict(cluster, first);
      assert.equal(taken.code, 0, taken.errors);
      const refused = evict(cluster, second);
      assert.equal(refused.code, 1);
      // 429 in the API's own words.
      assert.match(refused.errors, /TooManyRequests.*would violate the pod's disruption budget/s);
      const seconds = await replaced(cluster, [first]);
      t.diagnostic(`${first.metadata.name}: evicted, replaced and ready after ${seconds.toFixed(1)} s`);
      const uids = (await podsOf(cluster, workload)).map(({ metadata }) => metadata.uid);
      assert.ok(uids.includes(second.metadata.uid), `${second.metadata.name} went too`);
      await mayBeEvicted(cluster, second);
    }
  },
);

/** Waits until the budget has heard that every pod is ready. */
async function mayBeEvicted(cluster: Cluster, pod: Pod): Promise<void> {
  await waitUntil(() => evict(cluster, pod, true).code === 0, {
    what: `ready for the eviction of ${pod.metadata.name}`,
    deadlineMs: 60_000,
    everyMs: 1_000,
  });
}

/** Asks as `kubectl drain` does. */
function evict(cluster: Cluster, { metadata: { name } }: Pod, isTrial = false): ReturnType<Cluster['try']> {
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: PIPELINE },
    ...(isTrial && { deleteOptions: { dryRun: ['All'] } }),
  };
  const path = `/api/v1/namespaces/${PIPELINE}/pods/${name}/eviction`;
  return cluster.try(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction));
}
