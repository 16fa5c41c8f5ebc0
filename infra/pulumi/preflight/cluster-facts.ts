import type { ObjectSchema } from './object-schema.ts';
import type { Limit, Node, PodTemplate } from './pod-demand.ts';
import type { Amounts } from './resource-amounts.ts';
import type { WorkloadClaim } from './workload-demand.ts';

/** Facts of a cluster that decide whether a platform can run there. */
export interface ClusterFacts {
  readonly context: string;
  /** URL of the API server. */
  readonly server: string;
  /** The uid of the namespace kube-system, which never changes. */
  readonly uid: string;
  /** `1.34` */
  readonly version: string;
  /** The requested kinds that the cluster serves, with their schema: `keda.sh/v1alpha1/ScaledObject`. */
  readonly kinds: ReadonlyMap<string, ObjectSchema>;
  readonly storageClasses: readonly { readonly name: string; readonly isDefault: boolean }[];
  readonly priorityClasses: readonly string[];
  readonly ingressClasses: readonly string[];
  readonly gatewayClasses: readonly string[];
  readonly nodes: readonly Node[];
  /** The requested namespaces by name; a missing one is empty. */
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  /** Replicas of each StatefulSet in these namespaces, by `namespace/name`. */
  readonly replicas: ReadonlyMap<string, number>;
}

export interface Quota {
  readonly name: string;
  readonly hard: Amounts;
}

/** Quotas and limits of a namespace, and its pods. */
export interface NamespaceFacts {
  /** ResourceQuotas for all pods; those with a scope are ignored. */
  readonly quotas: readonly Quota[];
  readonly limitRanges: readonly { readonly name: string; readonly limits: readonly Limit[] }[];
  /** Pods that are not terminated. */
  readonly pods: readonly PodTemplate[];
  readonly claims: readonly WorkloadClaim[];
}

/** What to query for the manifests to apply. */
export interface ClusterQuestions {
  /** `group/version/Kind` of every third-party kind. */
  readonly kinds: readonly string[];
  /** Namespaces whose quotas are read. */
  readonly namespaces: readonly string[];
}
