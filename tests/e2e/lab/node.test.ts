import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../../infra/local/wait.ts';
import { isUp, up } from '../../lab/lab.ts';
import { initFile } from '../../lab/namespaces.ts';
import { labCluster } from './lab-under-test.ts';
import { assertStored, underLoad } from './load.ts';
import { isWhole, podsOf, restartsOf, workloads } from './workloads.ts';

test(
  'every process of the node is killed at once and started again: the pods come back with their data, and no accepted event is lost or stored twice',
  { timeout: 600_000 },
  async (t) => {
    const cluster = await labCluster();
    const before = await underLoad(t.signal, () => Promise.resolve());
    const earlier = restartsOf(await podsOf(cluster, ...(await workloads(cluster))));
    const init = initFile(process).running();
    if (init === undefined) throw new Error('the lab is down');
    // The kernel ends with the first process of the namespaces all others: as when a machine loses its power.
    process.kill(init.pid, 'SIGKILL');
    await waitUntil(() => !isUp(process), { what: 'down', deadlineMs: 60_000 });
    const began = performance.now();
    await up(process, process.getuid?.(), () => undefined);
    const node = (performance.now() - began) / 1_000;
    const restarts = async (): Promise<[pod: string, times: number][]> => {
      const now = restartsOf(await podsOf(cluster, ...(await workloads(cluster))));
      return [...now].map(([pod, count]) => [pod, count - (earlier.get(pod) ?? 0)]);
    };
    await waitUntil(
      // Until the kubelet has looked, the pods are said to be as they were.
      async () =>
        (await restarts()).every(([, times]) => times > 0) && (await workloads(cluster)).every(isWhole),
      { what: 'whole', deadlineMs: 240_000, everyMs: 1_000 },
    );
    const whole = (performance.now() - began) / 1_000;
    // Once with the node. A broker ends once more where ZooKeeper still holds the session of the one that was killed.
    const again = (await restarts()).filter(([, times]) => times > 1);
    assert.ok(
      again.every(([, times]) => times === 2),
      JSON.stringify(again),
    );
    t.diagnostic(
      `node ready after ${node.toFixed(1)} s, every pod after ${whole.toFixed(1)} s; started twice: ${again.map(([pod]) => pod).join(', ') || 'none'}`,
    );
    const after = await underLoad(t.signal, () => Promise.resolve());
    t.diagnostic(await assertStored(before));
    t.diagnostic(await assertStored(after));
  },
);
