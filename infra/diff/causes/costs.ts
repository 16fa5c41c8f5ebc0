import { NANO, readNanos } from '../quantity.ts';
import type { ManifestObject } from '../objects.ts';
import { valueAt, type Tree } from '../tree.ts';

/** Costs that the manifests show. Pods of a DaemonSet do not count, since the number of nodes is unknown. */
export const COST_KINDS = ['volumes', 'load balancers', 'pods', 'pods at most', 'CPU', 'memory'] as const;
export type CostKind = (typeof COST_KINDS)[number];

/** One kind of cost before and after: volumes and memory in bytes, CPU in millicores, others as a number. */
export interface Cost {
  readonly what: CostKind;
  readonly before: number;
  readonly after: number;
}

/** Returns every kind of cost that changes. */
export function compareCosts(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
): readonly Cost[] {
  const [old, young] = [sumCosts(before), sumCosts(after)];
  return COST_KINDS.map((what) => ({ what, before: old[what], after: young[what] })).filter(
    (cost) => cost.before !== cost.after,
  );
}

function sumCosts(objects: readonly ManifestObject[]): Readonly<Record<CostKind, number>> {
  const sum = { volumes: 0, 'load balancers': 0, pods: 0, 'pods at most': 0, CPU: 0, memory: 0 };
  for (const object of objects) {
    const { kind } = object;
    if (kind === 'Service' && at(object, 'spec', 'type') === 'LoadBalancer') sum['load balancers'] += 1;
    if (kind !== 'StatefulSet' && kind !== 'Deployment') continue;
    const { least, most } = replicasOf(object, objects);
    sum.pods += least;
    sum['pods at most'] += most;
    for (const claim of list(at(object, 'spec', 'volumeClaimTemplates'))) {
      sum.volumes += least * wholeOf(valueAt(claim, ['spec', 'resources', 'requests', 'storage']));
    }
    for (const container of list(at(object, 'spec', 'template', 'spec', 'containers'))) {
      const requests = valueAt(container, ['resources', 'requests']);
      sum.CPU += least * milliOf(valueAt(requests, ['cpu']));
      sum.memory += least * wholeOf(valueAt(requests, ['memory']));
    }
  }
  return sum;
}

/** Returns the bounds of the workload's autoscaler, or its own number of replicas. */
function replicasOf(
  workload: ManifestObject,
  objects: readonly ManifestObject[],
): { readonly least: number; readonly most: number } {
  const { name, namespace } = workload.metadata;
  const scaler = objects.find(
    (object) =>
      ['HorizontalPodAutoscaler', 'ScaledObject'].includes(object.kind) &&
      object.metadata.namespace === namespace &&
      at(object, 'spec', 'scaleTargetRef', 'name') === name &&
      (at(object, 'spec', 'scaleTargetRef', 'kind') ?? 'Deployment') === workload.kind,
  );
  const own = Number(at(workload, 'spec', 'replicas') ?? 1);
  if (scaler === undefined) return { least: own, most: own };
  const bound = (...names: readonly string[]): number => {
    const found = names.map((field) => at(scaler, 'spec', field)).find((value) => value !== undefined);
    return Number(found ?? own);
  };
  const least = bound('minReplicas', 'minReplicaCount');
  return { least, most: bound('maxReplicas', 'maxReplicaCount') };
}

function at(object: ManifestObject, ...path: readonly string[]): Tree | undefined {
  return valueAt(object as unknown as Tree, path);
}

function list(value: Tree | undefined): readonly Tree[] {
  return Array.isArray(value) ? (value as readonly Tree[]) : [];
}

function wholeOf(quantity: Tree | undefined): number {
  return Number((readNanos(quantity) ?? 0n) / NANO);
}

function milliOf(quantity: Tree | undefined): number {
  return Number((readNanos(quantity) ?? 0n) / (NANO / 1_000n));
}
