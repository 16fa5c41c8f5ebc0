import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../../infra/local/wait.ts';
import { labCluster, PIPELINE } from './lab-under-test.ts';
import { assertStored, underLoad } from './load.ts';
import { podsOf, replaced, restartsOf, workloads } from './workloads.ts';

/**
 * ZooKeeper went before a broker could take its leave, so it holds the broker's session for its timeout after it is back, and
 * the broker ends when it finds its id taken (docs/decisions/0004-zookeeper-and-kafka-3.9-beside-kraft.md).
 */
const OLD_SESSION = /NodeExistsException|NodeExists for \/brokers\/ids\//;

// The lowest id of the ensemble is the one that calls no other, and comes back with a new address.
test(
  'pods of every workload are deleted under load, and no accepted event is lost or stored twice',
  { timeout: 500_000 },
  async (t) => {
    const cluster = await labCluster();
    const sender = await underLoad(t.signal, async () => {
      for (const workload of await workloads(cluster)) {
        const [first] = await podsOf(cluster, workload);
        assert.ok(first !== undefined, `no pod of ${workload.metadata.name}`);
        cluster.kubectl(['delete', 'pod', '--namespace', PIPELINE, '--wait=false', first.metadata.name]);
        const seconds = await replaced(cluster, [first]);
        t.diagnostic(`${first.metadata.name}: replaced and ready after ${seconds.toFixed(1)} s`);
      }
    });
    t.diagnostic(await assertStored(sender));
  },
);

test(
  'all pods are deleted at once under load: they come back by themselves, none started again but brokers whose old session stood in the way, and no accepted event is lost or stored twice',
  { timeout: 500_000 },
  async (t) => {
    const cluster = await labCluster();
    const sender = await underLoad(t.signal, async (sending) => {
      const old = await podsOf(cluster, ...(await workloads(cluster)));
      const names = old.map(({ metadata }) => metadata.name);
      cluster.kubectl(['delete', 'pods', '--namespace', PIPELINE, '--wait=false', ...names]);
      const seconds = await replaced(cluster, old);
      const ready = performance.now();
      const { accepted } = sending;
      await waitUntil(() => sending.accepted > accepted, { what: 'an accepted event', deadlineMs: 60_000 });
      const flowing = (performance.now() - ready) / 1_000;
      t.diagnostic(
        `${names.length} pods replaced and ready after ${seconds.toFixed(1)} s, an event accepted ${flowing.toFixed(1)} s later`,
      );
    });
    t.diagnostic(await assertStored(sender));
    for (const pod of await podsOf(cluster, ...(await workloads(cluster)))) {
      const count = restartsOf(pod);
      if (count === 0) continue;
      const { name } = pod.metadata;
      const said = cluster.kubectl(['logs', '--namespace', PIPELINE, '--previous', '--tail=200', name]);
      assert.match(said, OLD_SESSION, `${name} was started again`);
      assert.equal(count, 1, name);
      t.diagnostic(`${name} was started again: ZooKeeper still held its old session`);
    }
  },
);
