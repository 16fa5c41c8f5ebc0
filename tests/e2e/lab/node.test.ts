import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../../infra/local/wait.ts';
import { isUp, up } from '../../lab/lab.ts';
import { initFile } from '../../lab/namespaces.ts';
import { labCluster } from './lab-under-test.ts';
import { assertStored, underLoad } from './load.ts';
import { podsOf, restartsOf, wholePods, workloads, type Pod } from './workloads.ts';

test(
  'every process of the node is killed at once and started again: the pods come back with their data, and no accepted event is lost or stored twice',
  { timeout: 600_000 },
  async (t) => {
    const cluster = await labCluster();
    const before = await underLoad(t.signal, () => Promise.resolve());
    const earlier = new Map(
      (await podsOf(cluster, ...(await workloads(cluster)))).map((pod) => [
        pod.metadata.uid,
        restartsOf(pod),
      ]),
    );
    const init = initFile(process).running();
    if (init === undefined) throw new Error('the lab is down');
    // The kernel ends with the first process of the namespaces all others: as when a machine loses its power.
    process.kill(init.pid, 'SIGKILL');
    await waitUntil(() => !isUp(process), { what: 'down', deadlineMs: 60_000 });
    const began = performance.now();
    await up(process, process.getuid?.(), () => undefined);
    const node = (performance.now() - began) / 1_000;
    // A pod that the kubelet refused when it came back is there as failed beside its successor.
    const startsOf = (pods: readonly Pod[]): [pod: string, times: number][] =>
      pods
        .filter(({ status }) => status.phase !== 'Failed')
        .map((pod) => {
          const known = earlier.get(pod.metadata.uid);
          return [pod.metadata.name, known === undefined ? restartsOf(pod) + 1 : restartsOf(pod) - known];
        });
    const starts = await waitUntil(
      // Until the kubelet has looked, the pods are said to be as they were.
      async () => {
        const all = startsOf(await wholePods(cluster));
        const still = all.filter(([, times]) => times === 0).map(([pod]) => pod);
        if (still.length > 0) throw new Error(`not started again: ${still.join(', ')}`);
        return all;
      },
      { what: 'whole', deadlineMs: 240_000, everyMs: 1_000 },
    );
    const whole = (performance.now() - began) / 1_000;
    // Once with the node. A broker ends once more where ZooKeeper still holds the session of the one that was killed.
    const again = starts.filter(([, times]) => times > 1);
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
