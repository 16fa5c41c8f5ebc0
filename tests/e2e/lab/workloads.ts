import { waitUntil } from '../../../infra/local/wait.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { PIPELINE } from './lab-under-test.ts';

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state: object;
      readonly lastState: object;
    }[];
  };
}

/** A StatefulSet or a Deployment of the pipeline. */
interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  };
  readonly status: Readonly<Record<string, number | string | undefined>>;
}

/** Those of the pipeline. */
export function workloads(cluster: Cluster): Promise<readonly Workload[]> {
  return list<Workload>(cluster, 'statefulsets,deployments');
}

/** The pods of these workloads, by name. */
export async function podsOf(cluster: Cluster, ...these: readonly Workload[]): Promise<readonly Pod[]> {
  const all = await list<Pod>(cluster, 'pods');
  return all
    .filter(({ metadata }) =>
      these.some(({ spec }) => isSelected(metadata.labels, spec.selector.matchLabels)),
    )
    .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

/** How often the containers of a pod were started again. */
export function restartsOf({ status }: Pod): number {
  return (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/**
 * Waits until none of these pods is left and as many others are ready. An autoscaler may take a pod away meanwhile, so
 * what counts is what the workloads themselves ask for.
 *
 * @returns after how many seconds
 */
export async function replaced(cluster: Cluster, old: readonly Pod[]): Promise<number> {
  const began = performance.now();
  const uids = new Set(old.map(({ metadata }) => metadata.uid));
  await waitUntil(async () => (await wholePods(cluster)).every(({ metadata }) => !uids.has(metadata.uid)), {
    what: `${old.map(({ metadata }) => metadata.name).join(', ')} replaced and ready`,
    deadlineMs: 240_000,
    everyMs: 1_000,
  });
  return (performance.now() - began) / 1_000;
}

/**
 * Reads the pods of all workloads. For {@link waitUntil}, which reports the last error as the cause of its own.
 *
 * @throws {Error} (rejects) with the state of its pods if a workload is not whole
 */
export async function wholePods(cluster: Cluster): Promise<readonly Pod[]> {
  const all = await workloads(cluster);
  const short = all.filter((workload) => !isWhole(workload));
  if (short.length === 0) return podsOf(cluster, ...all);
  const names = short.map(({ metadata }) => metadata.name).join(', ');
  const pods = (await podsOf(cluster, ...short)).map(describePod);
  throw new Error(`not whole: ${names}\n${pods.join('\n')}`);
}

function describePod({ metadata, status }: Pod): string {
  const unmet = (status.conditions ?? []).filter((condition) => condition.status !== 'True');
  const containers = (status.containerStatuses ?? []).map(({ restartCount, state, lastState }) =>
    JSON.stringify({ restartCount, state, lastState }),
  );
  const conditions = unmet.map(({ type, message = 'false' }) => `${type} ${message}`);
  return [`${metadata.name}: ${status.phase}`, ...conditions, ...containers].join('; ');
}

/** Whether a workload has as many ready pods as it asks for, all of its newest revision. */
function isWhole({ metadata, spec, status }: Workload): boolean {
  return (
    status['observedGeneration'] === metadata.generation &&
    status['updatedReplicas'] === spec.replicas &&
    status['readyReplicas'] === spec.replicas &&
    status['replicas'] === spec.replicas
  );
}

async function list<T>(cluster: Cluster, resources: string): Promise<readonly T[]> {
  const text = await cluster.ask(['get', '--namespace', PIPELINE, resources, '-o', 'json']);
  return (JSON.parse(text) as { readonly items: readonly T[] }).items;
}

function isSelected(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}
