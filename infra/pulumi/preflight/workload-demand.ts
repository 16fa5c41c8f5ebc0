import { claimsOf, describeObject, type Manifest } from '../stack/platform-objects.ts';
import { demandOfClaim, demandOfPod, runsOn, type Limit, type Node, type PodTemplate } from './pod-demand.ts';
import { sum, type Totals } from './resource-amounts.ts';

/** Resources that a workload needs in its namespace. */
export interface WorkloadDemand {
  /** `StatefulSet headwater/kafka` */
  readonly name: string;
  readonly namespace: string;
  readonly template: PodTemplate;
  /** Labels that select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly claims: readonly WorkloadClaim[];
  /** Minimum to start. */
  readonly least: Totals;
  /** Maximum: scaled out and during a roll. */
  readonly most: Totals;
}

export interface WorkloadClaim {
  /** `data-kafka-0` */
  readonly name: string;
  readonly storage: string;
  readonly storageClassName: string | undefined;
}

interface WorkloadSpec {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: PodTemplate;
  readonly strategy?: { readonly rollingUpdate?: { readonly maxSurge?: number | string } };
}

const WORKLOADS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet', 'Job']);

export interface DemandContext {
  readonly nodes: readonly Node[];
  /** Storage class of claims without one. */
  readonly defaultStorageClass: string | undefined;
  /** Limits of a namespace, for containers without their own. */
  readonly limitsOf: (namespace: string) => readonly Limit[];
}

export function workloadDemands(
  manifests: readonly Manifest[],
  { nodes, defaultStorageClass, limitsOf }: DemandContext,
): readonly WorkloadDemand[] {
  return manifests
    .filter(({ kind }) => WORKLOADS.has(kind))
    .map((manifest) => {
      const { namespace = '' } = manifest.metadata;
      const { template, selector } = manifest['spec'] as WorkloadSpec;
      const { least, most } = podsOf(manifest, manifests, nodes);
      const claims = claimsOf(manifest).flatMap(({ metadata, spec }) =>
        Array.from({ length: least }, (_, ordinal) => ({
          name: `${metadata.name}-${manifest.metadata.name}-${ordinal}`,
          storage: spec.resources.requests.storage,
          storageClassName: spec.storageClassName ?? defaultStorageClass,
        })),
      );
      const pod = demandOfPod(template, limitsOf(namespace));
      const volumes = claims.map(
        (claim) => [demandOfClaim(claim.storage, claim.storageClassName), 1] as const,
      );
      return {
        name: describeObject(manifest),
        namespace,
        template,
        labels: selector?.matchLabels ?? template.metadata?.labels ?? {},
        claims,
        least: sum([[pod, least], ...volumes]),
        most: sum([[pod, most], ...volumes]),
      };
    });
}

/** A Job has finished before the programs start, so only in a later `deploy` its pod runs together with theirs. */
function podsOf(manifest: Manifest, manifests: readonly Manifest[], nodes: readonly Node[]) {
  const { replicas = 1, strategy, template } = manifest['spec'] as WorkloadSpec;
  switch (manifest.kind) {
    case 'Job':
      return { least: 0, most: 1 };
    case 'DaemonSet': {
      const count = nodes.filter((node) => runsOn(template, node)).length;
      // A node may join without a `deploy`.
      return { least: count, most: count + 1 };
    }
    case 'Deployment': {
      const { min, max } = scalingOf(manifest, manifests) ?? { min: replicas, max: replicas };
      return { least: min, most: max + surgeOf(strategy?.rollingUpdate?.maxSurge, max) };
    }
    default:
      return { least: replicas, most: replicas };
  }
}

/** Replicas of a Deployment with an autoscaler. */
function scalingOf({ metadata }: Manifest, manifests: readonly Manifest[]) {
  const scaler = manifests.find(
    ({ kind, metadata: { namespace }, ...object }) =>
      (kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject') &&
      namespace === metadata.namespace &&
      (object['spec'] as { scaleTargetRef: { name: string } }).scaleTargetRef.name === metadata.name,
  );
  if (scaler === undefined) return undefined;
  const { minReplicas, minReplicaCount, maxReplicas, maxReplicaCount } = scaler['spec'] as Partial<
    Record<string, number>
  >;
  const min = minReplicas ?? minReplicaCount ?? 1;
  return { min, max: maxReplicas ?? maxReplicaCount ?? min };
}

function surgeOf(surge: number | string = '25%', replicas: number): number {
  return typeof surge === 'number' ? surge : Math.ceil((Number.parseInt(surge, 10) / 100) * replicas);
}
