import { selectorLabels, type Identity } from './labels.ts';

/** Whether replicas that hold state must, or only should, lie on different nodes and zones. */
export type Spread = 'required' | 'preferred';

/** A field of a pod's `topologySpreadConstraints`, as far as it is used here. */
interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  readonly nodeTaintsPolicy: 'Honor';
  readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly matchLabelKeys?: string[];
}

/**
 * Lays pods that hold state evenly over zones and nodes. `required` holds a pod back that would stand beside another: its
 * volume is made in the zone of its first start and stays there, so that a pod which is placed wrongly once is placed wrongly
 * for good, and the loss of one zone takes two of three copies. Nothing is lost by it later: a pod with a volume cannot be
 * replaced in another zone in any case.
 */
export function statefulSpread(identity: Identity, spread: Spread): SpreadConstraint[] {
  return constraints(identity, spread === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway');
}

/**
 * Lays pods without state evenly over zones and nodes, as far as there is room: after the loss of a zone the others take its
 * pods, and an autoscaler's. Only pods of one revision are compared, else a rolling update would leave the new ones wherever
 * the old ones were not.
 */
export function statelessSpread(identity: Identity): SpreadConstraint[] {
  return constraints(identity, 'ScheduleAnyway').map((constraint) => ({
    ...constraint,
    matchLabelKeys: ['pod-template-hash'],
  }));
}

/**
 * A node whose taints keep the pod away is not counted (`nodeTaintsPolicy`, on by default since Kubernetes 1.26; likewise
 * `matchLabelKeys`, since 1.27). Otherwise a lost zone, empty and still in the list of nodes, would hold each other zone down
 * to one pod more than nothing.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
function constraints(
  identity: Identity,
  whenUnsatisfiable: SpreadConstraint['whenUnsatisfiable'],
): SpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable,
    nodeTaintsPolicy: 'Honor',
    labelSelector: { matchLabels: selectorLabels(identity) },
  }));
}
