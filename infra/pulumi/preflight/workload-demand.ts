import { claimsOf, describeObject, type Manifest } from '../stack/platform-objects.ts';
import { demandOfClaim, demandOfPod, runsOn, type Limit, type Node, type PodTemplate } from './pod-demand.ts';
import { sum, type Totals } from './resource-amounts.ts';

/** What a workload asks of its namespace. */
export interface WorkloadDemand {
  /** `StatefulSet headwater/kafka` */
  readonly name: string;
  readonly namespace: string;
  readonly template: PodTemplate;
  /** Labels by which its pods are told from others. */
  readonly labels: Readonly<Record<string, string>>;
  readonly claims: readonly WorkloadClaim[];
  /** Without which it does not come up. */
  readonly least: Totals;
  /** Scaled out, while it is rolled. */
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
  /** Class of claims that name none. */
  readonly defaultStorageClass: string | undefined;
  /** Bounds of a namespace, for what containers leave unstated. */
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

/** A Job is over before the programs start, so that only a later `deploy` has its pod beside theirs. */
function podsOf(manifest: Manifest, manifests: readonly Manifest[], nodes: readonly Node[]) {
  const { replicas = 1, strategy, template } = manifest['spec'] as WorkloadSpec;
  switch (manifest.kind) {
    case 'Job':
      return { least: 0, most: 1 };
    case 'DaemonSet': {
      const count = nodes.filter((node) => runsOn(template, node)).length;
      // The next node joins without a `deploy`.
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

/** What an autoscaler makes of a Deployment's replicas. */
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
