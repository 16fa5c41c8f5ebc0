import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Environment } from '../../infra/environments/environment.ts';
import { production } from '../../infra/environments/production.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import type { Manifest } from '../infra/manifests.ts';
import { startApiServer, type ApiServer } from '../lab/api-server.ts';
import { inputOf } from '../lab/cluster.ts';
import { needs } from '../runner/needs.ts';
import { objectsOf, workloads, type Workload } from '../policies/platform-objects.ts';

const ZONES = ['a', 'b', 'c'];
const NODES_PER_ZONE = 3;
const LOST = 'c';

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] };
}

describe('pods that the real scheduler places over three zones', needs('etcd', 'openssl'), () => {
  let directory: string;
  let server: ApiServer;
  const { pipeline } = production.namespaces;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-zones-'));
    server = await startApiServer({ directory, scheduler: true });
    const needed = ['Namespace', 'PriorityClass', 'ServiceAccount'];
    server.cluster.apply(
      objectsOf(production).filter(
        ({ kind, metadata: { namespace = pipeline } }) => needed.includes(kind) && namespace === pipeline,
      ),
    );
    server.cluster.kubectl(
      ['create', '-f', '-'],
      nodes()
        .map((node) => JSON.stringify(node))
        .join('\n'),
    );
    // The API server keeps pods from a node until somebody has seen it ready.
    server.cluster.kubectl(['taint', 'nodes', '--all', 'node.kubernetes.io/not-ready:NoSchedule-']);
  });

  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  afterEach(() => {
    remove('--all');
    server.cluster.kubectl(['patch', 'nodes', ...nodesOf(LOST), '--patch', '{"spec":{"taints":null}}']);
  });

  for (const name of ['producer', 'consumer']) {
    it(`without state: where a zone is lost, the others take its ${name}s, and what the autoscaler adds`, async () => {
      const template = templateOf(production, name);
      create(template, 9);
      assert.deepEqual(await zonesOf(9), { a: 3, b: 3, c: 3 });

      lose(await podsIn(LOST));
      create(template, 6, 9);
      const zones = await zonesOf(12);
      assert.equal(zones[LOST], undefined);
      assert.ok(Math.abs((zones['a'] ?? 0) - (zones['b'] ?? 0)) <= 2, JSON.stringify(zones));
    });
  }

  it('with state: a broker waits for room in the zone that has none, and is not placed beside another', async () => {
    const brokers = templateOf(production, 'kafka');
    fill(LOST);
    create(brokers, 3);
    assert.deepEqual(await zonesOf(2), { a: 1, b: 1 });
    await waitUntil(async () => (await pods()).some(isUnschedulable), {
      what: 'the third broker refused by the scheduler',
      deadlineMs: 60_000,
    });
    assert.deepEqual(await zonesOf(2), { a: 1, b: 1 });
    remove('--selector=fills');
    assert.deepEqual(await zonesOf(3), { a: 1, b: 1, c: 1 });
  });

  it('with state: a broker of five starts again while another zone is lost', async () => {
    const template = templateOf({ ...production, kafka: { ...production.kafka, brokers: 5 } }, 'kafka');
    create(template, 5);
    const before = await zonesOf(5);
    assert.deepEqual(Object.values(before).sort(), [1, 2, 2]);

    const full = Object.keys(before).find((zone) => zone !== LOST && before[zone] === 2) ?? '';
    const [restarted = ''] = await podsIn(full);
    lose(await podsIn(LOST));
    remove(restarted);
    create(template, 1, 5);
    const after = await zonesOf(5 - (before[LOST] ?? 0));
    assert.equal(after[LOST], undefined);
  });

  function nodesOf(zone: string): readonly string[] {
    return Array.from({ length: NODES_PER_ZONE }, (_, index) => `${zone}-${index}`);
  }

  function nodes(): object[] {
    const capacity = { cpu: '64', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' };
    return ZONES.flatMap((zone) =>
      nodesOf(zone).map((name) => {
        const labels = {
          'kubernetes.io/hostname': name,
          'topology.kubernetes.io/zone': zone,
          zone,
        };
        const conditions = [{ type: 'Ready', status: 'True' }];
        return {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name, labels },
          status: { capacity, allocatable: capacity, conditions },
        };
      }),
    );
  }

  /** Pods as their controller would make them, without claims: no volume is made here. */
  function create({ template, hash }: Template, count: number, first = 0): void {
    const { metadata, spec } = template;
    const mounted = new Set((spec.volumes ?? []).map(({ name }) => name));
    const pods = Array.from({ length: count }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `pod-${first + index}`,
        namespace: pipeline,
        labels: { ...metadata.labels, 'pod-template-hash': hash },
      },
      spec: {
        ...spec,
        containers: spec.containers.map((container) => ({
          ...container,
          volumeMounts: (container.volumeMounts ?? []).filter(({ name }) => mounted.has(name)),
        })),
      },
    }));
    server.cluster.kubectl(['create', '-f', '-'], inputOf(pods));
  }

  /** Takes all room on the nodes of a zone. */
  function fill(zone: string): void {
    const { template } = templateOf(production, 'producer');
    const resources = { requests: { cpu: '64', memory: '1Gi' }, limits: { memory: '1Gi' } };
    const pods = nodesOf(zone).map((nodeName) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `filler-${nodeName}`, namespace: pipeline, labels: { fills: '' } },
      spec: {
        ...template.spec,
        nodeName,
        containers: template.spec.containers.map((container) => ({ ...container, resources })),
      },
    }));
    server.cluster.kubectl(['create', '-f', '-'], inputOf(pods));
  }

  /** The zone's nodes answer no more, and its pods are given up. */
  function lose(pods: readonly string[]): void {
    for (const effect of ['NoSchedule', 'NoExecute']) {
      const taint = `node.kubernetes.io/unreachable:${effect}`;
      server.cluster.kubectl(['taint', 'nodes', `--selector=zone=${LOST}`, taint]);
    }
    remove(...pods);
  }

  function remove(...names: readonly string[]): void {
    const now = ['--force', '--grace-period=0', '--ignore-not-found'];
    server.cluster.kubectl(['delete', 'pods', '--namespace', pipeline, ...now, ...names]);
  }

  async function pods(): Promise<readonly Pod[]> {
    const own = ['--namespace', pipeline, '--selector=!fills'];
    const output = await server.cluster.ask(['get', 'pods', ...own, '-o', 'json']);
    return (JSON.parse(output) as { readonly items: readonly Pod[] }).items;
  }

  async function podsIn(zone: string): Promise<string[]> {
    return (await pods()).filter((pod) => zoneOf(pod) === zone).map(({ metadata }) => metadata.name);
  }

  /** How many pods each zone has, once so many have a node. */
  async function zonesOf(count: number): Promise<Record<string, number>> {
    const placed = await waitUntil(
      async () => {
        const found = (await pods()).map(zoneOf).filter((zone) => zone !== undefined);
        return found.length === count && found;
      },
      { what: `${count} pods with a node`, deadlineMs: 60_000, everyMs: 200 },
    );
    return Object.fromEntries(
      ZONES.map((zone) => [zone, placed.filter((other) => other === zone).length] as const).filter(
        ([, found]) => found > 0,
      ),
    );
  }
});

interface Template {
  readonly template: Workload['spec']['template'];
  readonly hash: string;
}

function templateOf(environment: Environment, name: string): Template {
  const objects: readonly Manifest[] = objectsOf(environment);
  const workload = workloads(objects).find(({ kind, metadata }) => metadata.name === name && kind !== 'Job');
  assert.ok(workload, name);
  return { template: workload.spec.template, hash: 'one' };
}

function isUnschedulable({ status }: Pod): boolean {
  return (status.conditions ?? []).some(({ reason }) => reason === 'Unschedulable');
}

function zoneOf({ spec }: Pod): string | undefined {
  return spec.nodeName?.split('-')[0];
}
