import { normalize } from './normalize.ts';
import { objectText, type ManifestObject, type Pair } from './objects.ts';
import { compareTrees, isMap, type Tree, type TreeMap, valueAt } from './tree.ts';

export const ORDERS = ['one by one', 'several at once', 'one node at a time', 'all at once'] as const;

/** A restart of the pods of one workload. */
export interface Restart {
  /** `StatefulSet headwater/kafka` */
  readonly workload: string;
  /** `3 pods`, `3–12 pods` under an autoscaler, or `one pod on each node`. */
  readonly pods: string;
  readonly order: (typeof ORDERS)[number];
  /** Calculated from probes and grace periods, for all pods; for a DaemonSet, for the pod of one node. */
  readonly seconds: { readonly about: number; readonly atMost: number };
}

export const CONFIG_HASH: readonly string[] = [
  'spec',
  'template',
  'metadata',
  'annotations',
  'headwater/config-hash',
];

/** Assumed start time of a process: the only assumption in `about`. */
const START_SECONDS = 15;
const WORKLOADS = ['StatefulSet', 'Deployment', 'DaemonSet'];

/** Finds every workload of one environment whose pods are replaced, by its pair. */
export function findRestarts(pairs: readonly Pair[]): ReadonlyMap<Pair, Restart> {
  const restarts = new Map<Pair, Restart>();
  for (const pair of pairs) {
    const { before, after } = pair;
    if (before === undefined || after === undefined || !WORKLOADS.includes(after.kind)) continue;
    if (before === after) continue;
    const [old, young] = [before, after].map((object) => valueAt(normalize(object), ['spec', 'template']));
    if (old === undefined || young === undefined || compareTrees(old, young).length === 0) continue;
    restarts.set(pair, describe(after, before, pairs));
  }
  return restarts;
}

function describe(workload: ManifestObject, before: ManifestObject, pairs: readonly Pair[]): Restart {
  const tree = normalize(workload);
  const [low, high] = scaleOf(workload, pairs) ?? [replicasOf(normalize(before)), undefined];
  const pod = podSeconds(tree);
  const { order, rounds } = rollOf(tree, low);
  return {
    workload: objectText(workload),
    pods: workload.kind === 'DaemonSet' ? 'one pod on each node' : podsText(low, high),
    order,
    seconds: { about: rounds * pod.about, atMost: rounds * pod.atMost },
  };
}

function podsText(low: number, high = low): string {
  if (low === high) return low === 1 ? '1 pod' : `${low} pods`;
  return `${low}–${high} pods`;
}

function replicasOf(tree: TreeMap): number {
  return numberAt(tree, 'spec', 'replicas') ?? 1;
}

/** Returns the bounds of the workload's autoscaler, if it has one. */
function scaleOf({ kind, metadata }: ManifestObject, pairs: readonly Pair[]): [number, number] | undefined {
  for (const { after } of pairs) {
    if (after === undefined || after.metadata.namespace !== metadata.namespace) continue;
    const tree = normalize(after);
    const target = valueAt(tree, ['spec', 'scaleTargetRef']);
    if (!isMap(target) || target['name'] !== metadata.name || (target['kind'] ?? 'Deployment') !== kind)
      continue;
    const low = numberAt(tree, 'spec', 'minReplicas') ?? numberAt(tree, 'spec', 'minReplicaCount') ?? 1;
    const high = numberAt(tree, 'spec', 'maxReplicas') ?? numberAt(tree, 'spec', 'maxReplicaCount') ?? low;
    return [low, high];
  }
  return undefined;
}

function rollOf(tree: TreeMap, pods: number): { readonly order: Restart['order']; readonly rounds: number } {
  if (tree['kind'] === 'DaemonSet') return { order: 'one node at a time', rounds: 1 };
  if (tree['kind'] === 'StatefulSet') {
    const step = shareOf(
      valueAt(tree, ['spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable']),
      pods,
      1,
    );
    return { order: step > 1 ? 'several at once' : 'one by one', rounds: Math.ceil(pods / step) };
  }
  if (valueAt(tree, ['spec', 'strategy', 'type']) === 'Recreate') return { order: 'all at once', rounds: 1 };
  const rolling = ['spec', 'strategy', 'rollingUpdate'];
  const surge = shareOf(valueAt(tree, [...rolling, 'maxSurge']), pods, Math.ceil(pods / 4));
  const missing = shareOf(valueAt(tree, [...rolling, 'maxUnavailable']), pods, Math.floor(pods / 4));
  const step = Math.max(1, surge + missing);
  return { order: step > 1 && pods > 1 ? 'several at once' : 'one by one', rounds: Math.ceil(pods / step) };
}

/** Converts a number of pods, or a percentage of them, to a number. */
function shareOf(value: Tree | undefined, pods: number, fallback: number): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return fallback;
  return Math.ceil((Number.parseInt(value, 10) / 100) * pods);
}

/**
 * Returns how long one pod is unavailable: it stops, starts, and is available after `minReadySeconds`. `atMost` is the
 * whole grace period and the longest start that the startup probe allows.
 */
function podSeconds(tree: TreeMap): { readonly about: number; readonly atMost: number } {
  const spec = valueAt(tree, ['spec', 'template', 'spec']);
  const containers = valueAt(spec, ['containers']);
  const [first] = isMap(containers) ? Object.values(containers) : [];
  const settle = numberAt(tree, 'spec', 'minReadySeconds') ?? 0;
  const ready = numberAt(first, 'readinessProbe', 'periodSeconds') ?? (first === undefined ? 0 : 10);
  const leave = numberAt(first, 'lifecycle', 'preStop', 'sleep', 'seconds') ?? 0;
  const probe = valueAt(first, ['startupProbe']);
  const start =
    probe === undefined
      ? START_SECONDS
      : (numberAt(probe, 'failureThreshold') ?? 3) * (numberAt(probe, 'periodSeconds') ?? 10);
  const grace = numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
  return { about: leave + START_SECONDS + ready + settle, atMost: grace + start + ready + settle };
}

function numberAt(tree: Tree | undefined, ...path: readonly string[]): number | undefined {
  const value = valueAt(tree, path);
  return typeof value === 'number' ? value : undefined;
}

/** Whether a workload mounts a ConfigMap. */
export function mountsConfigMap(workload: ManifestObject, configMap: ManifestObject): boolean {
  if (workload.metadata.namespace !== configMap.metadata.namespace) return false;
  const volumes = valueAt(normalize(workload), ['spec', 'template', 'spec', 'volumes']);
  const { name } = configMap.metadata;
  return (
    isMap(volumes) && Object.values(volumes).some((volume) => valueAt(volume, ['configMap', 'name']) === name)
  );
}
