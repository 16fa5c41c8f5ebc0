import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { labCluster, newSender, PIPELINE, sample, verifyWhenStored } from './lab-under-test.ts';

/** So many that they last longer than the deletions. */
const EVENTS = 20_000;
const PER_SECOND = 60;

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

// The lowest id of the ensemble is the one that calls no other, and comes back with a new address.
test(
  'pods of every workload are deleted under load, and no accepted event is lost or stored twice',
  {
    timeout: 400_000,
  },
  async (t) => {
    const cluster = await labCluster();
    const ended = new AbortController();
    const sender = newSender(AbortSignal.any([t.signal, ended.signal]));
    const sending = sender.send(sample(EVENTS, PER_SECOND));
    try {
      await waitUntil(() => sender.accepted > 100, { what: 'a flow of events', deadlineMs: 60_000 });
      for (const app of ['zookeeper', 'kafka', 'producer', 'consumer']) {
        const before = sender.accepted;
        const seconds = await replaceFirst(cluster, app);
        await waitUntil(() => sender.accepted > before, {
          what: 'a flow of events again',
          deadlineMs: 60_000,
        });
        t.diagnostic(`${app}: replaced and ready after ${seconds.toFixed(1)} s`);
      }
    } finally {
      ended.abort();
      await sending;
    }
    assert.equal(sender.failure, undefined);
    const { missing, duplicate, violations, accepted, unknown } = await verifyWhenStored(
      sender.ledger,
      150_000,
    );
    assert.deepEqual({ missing, duplicate, violations }, { missing: 0, duplicate: 0, violations: [] });
    t.diagnostic(`${accepted} events accepted, ${unknown} attempts without a definite answer`);
  },
);

/** Deletes the first pod of a workload. @returns after how many seconds all its pods were ready, a new one among them */
async function replaceFirst(cluster: Cluster, app: string): Promise<number> {
  const list = (): PodList['items'] => {
    const selector = `app.kubernetes.io/name=${app},app.kubernetes.io/component!=topics`;
    return (cluster.get(PIPELINE, 'pods', '--selector', selector) as PodList).items;
  };
  const before = list();
  const [first] = before.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  assert.ok(first !== undefined, `no pod of ${app}`);
  const began = performance.now();
  cluster.kubectl(['delete', 'pod', '--namespace', PIPELINE, '--wait=false', first.metadata.name]);
  await waitUntil(
    () => {
      const now = list();
      const isReplaced = now.every(({ metadata }) => metadata.uid !== first.metadata.uid);
      const ready = now.filter(({ status }) =>
        status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      return isReplaced && ready.length >= before.length;
    },
    { what: `${first.metadata.name} replaced and ready`, deadlineMs: 150_000, everyMs: 1_000 },
  );
  return (performance.now() - began) / 1_000;
}
