// What alerts are made of, asked of the servers themselves, started from the files that the manifests hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alerts } from '../../infra/charts/alerts.ts';
import { ZOOKEEPER_METRICS_PORT } from '../../infra/constructs/zookeeper/zookeeper.ts';
import { environments } from '../../infra/environments/environments.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { metadataOf, startBroker } from './metrics/broker.ts';
import { startEnsemble } from './metrics/ensemble.ts';
import { readMetrics, START_DEADLINE_MS } from './metrics/loopback.ts';

test('a quorum of ZooKeeper shows in one metric of its leader, which goes when the quorum does', async (t) => {
  const { hosts, processes } = await startEnsemble(t, 3);
  const followersOf = async (host: string): Promise<string | undefined> =>
    /^synced_followers .*$/m.exec(await readMetrics(host, ZOOKEEPER_METRICS_PORT))?.[0];
  const leader = await waitUntil(
    async () => {
      const said = await Promise.all(hosts.map(followersOf));
      const found = said.findIndex((line) => line === 'synced_followers 2.0');
      return found >= 0 && { found, said };
    },
    { what: 'a leader with two followers', deadlineMs: START_DEADLINE_MS },
  );
  assert.deepEqual(
    leader.said.filter((_, ordinal) => ordinal !== leader.found),
    [undefined, undefined],
  );
  // Two of three are gone, the leader is left.
  await Promise.all(processes.filter((_, ordinal) => ordinal !== leader.found).map((each) => each.stop()));
  const alone = hosts[leader.found] ?? '';
  await waitUntil(
    async () => ((await followersOf(alone)) ?? 'synced_followers 0.0') === 'synced_followers 0.0',
    {
      what: 'without followers',
      deadlineMs: 60_000,
    },
  );
  assert.notEqual(await readMetrics(alone, ZOOKEEPER_METRICS_PORT), '');
});

for (const mode of ['zookeeper', 'kraft'] as const) {
  test(`a broker with ${mode} shows every metric of Kafka that an alert is made of`, async (t) => {
    const { read } = await startBroker(t, await metadataOf(t, mode));
    const environment = environments[mode === 'kraft' ? 'staging' : 'production'];
    const names = new Set(
      alerts(environment).flatMap(
        ({ expression }) => expression.match(/kafka_(server|controller)_\w+(?=\{)/g) ?? [],
      ),
    );
    assert.ok(names.size >= 4);
    // A controller may be active before the replica manager beside it has begun.
    let missing: readonly string[] = [...names];
    const isComplete = async (): Promise<boolean> => {
      const shown = await read();
      missing = missing.filter((name) => !new RegExp(`^${name} [0-9]`, 'm').test(shown));
      return missing.length === 0;
    };
    await waitUntil(isComplete, { what: 'shown', deadlineMs: 60_000 }).catch(() => undefined);
    assert.deepEqual(missing, []);
  });
}
