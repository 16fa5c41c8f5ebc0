import type { ObjectSchema } from './object-schema.ts';
import type { Limit, Node, PodTemplate } from './pod-demand.ts';
import type { Amounts } from './resource-amounts.ts';
import type { WorkloadClaim } from './workload-demand.ts';

/** What of a cluster decides whether a platform can run there. */
export interface ClusterFacts {
  readonly context: string;
  /** URL of the API server. */
  readonly server: string;
  /** The uid of the namespace kube-system, which lives as long as the cluster. */
  readonly uid: string;
  /** `1.34` */
  readonly version: string;
  /** Kinds that are served, of those that were asked for, with what they take: `keda.sh/v1alpha1/ScaledObject`. */
  readonly kinds: ReadonlyMap<string, ObjectSchema>;
  readonly storageClasses: readonly { readonly name: string; readonly isDefault: boolean }[];
  readonly priorityClasses: readonly string[];
  readonly ingressClasses: readonly string[];
  readonly gatewayClasses: readonly string[];
  readonly nodes: readonly Node[];
  /** Namespaces that were asked for, by name; one that is not there yet has nothing. */
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  /** What each StatefulSet of these namespaces is told to run, by `namespace/name`. */
  readonly replicas: ReadonlyMap<string, number>;
}

export interface Quota {
  readonly name: string;
  readonly hard: Amounts;
}

/** What bounds a namespace, and what is in it. */
export interface NamespaceFacts {
  /** ResourceQuotas for all pods; those with a scope are for some of them, and not looked at. */
  readonly quotas: readonly Quota[];
  readonly limitRanges: readonly { readonly name: string; readonly limits: readonly Limit[] }[];
  /** Pods that have not ended. */
  readonly pods: readonly PodTemplate[];
  readonly claims: readonly WorkloadClaim[];
}

/** What is to be applied, as far as the cluster is asked about it. */
export interface ClusterQuestions {
  /** `group/version/Kind` of everything that does not belong to Kubernetes itself. */
  readonly kinds: readonly string[];
  /** Namespaces whose bounds are read. */
  readonly namespaces: readonly string[];
}
