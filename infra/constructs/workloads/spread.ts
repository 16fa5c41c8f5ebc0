import { selectorLabels, type Identity } from './labels.ts';

/** Whether replicas with state must run on different nodes and zones, or only should. */
export type Spread = 'required' | 'preferred';

/** The fields of `topologySpreadConstraints` that are used here. */
interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  readonly nodeTaintsPolicy: 'Honor';
  readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly matchLabelKeys?: string[];
}

/**
 * Spreads pods with state evenly over zones and nodes. With `required` a pod stays pending rather than share a node or
 * zone. Its volume is created in the zone of its first start and stays there, so a wrong placement is permanent, and
 * the loss of one zone could take two of three copies. The constraint costs nothing later: a pod with a volume cannot
 * move to another zone in any case.
 */
export function statefulSpread(identity: Identity, spread: Spread): SpreadConstraint[] {
  return constraints(identity, spread === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway');
}

/**
 * Spreads stateless pods evenly over zones and nodes as a preference: after the loss of a zone the others run its pods,
 * and those of an autoscaler. Only compares pods of one revision; otherwise a rolling update would place new pods where
 * no old ones run, and leave them there.
 */
export function statelessSpread(identity: Identity): SpreadConstraint[] {
  return constraints(identity, 'ScheduleAnyway').map((constraint) => ({
    ...constraint,
    matchLabelKeys: ['pod-template-hash'],
  }));
}

/**
 * Ignores nodes whose taints the pod does not tolerate (`nodeTaintsPolicy`, on by default since Kubernetes 1.26;
 * `matchLabelKeys` since 1.27). Otherwise a lost zone, empty but still in the list of nodes, would limit every other
 * zone to one pod.
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
