import { objectText, type ManifestObject } from '../../../infra/diff/objects.ts';

/** An object as the API server returns it. */
export interface ClusterObject extends ManifestObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly generation?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly status?: {
    readonly observedGeneration?: number;
    /** Of a StatefulSet: the ControllerRevision that its pods are to have. */
    readonly updateRevision?: string;
  };
  /** Of a ControllerRevision. */
  readonly revision?: number;
}

/** Stands for a pod template: another one, another revision. */
export interface TemplateRevision {
  readonly revision: string;
  /** What the controller makes of another template. */
  readonly made: 'new ControllerRevision' | 'new ReplicaSet';
}

/** Of each workload, by name; undefined while a controller has not seen the newest generation of one. */
export function readTemplateRevisions(
  objects: readonly ClusterObject[],
): ReadonlyMap<string, TemplateRevision> | undefined {
  const workloads = objects.filter(({ kind }) => kind !== 'ControllerRevision');
  const isSeen = ({ metadata, status }: ClusterObject): boolean =>
    status?.observedGeneration === metadata.generation;
  if (!workloads.every(isSeen)) return undefined;
  return new Map(workloads.map((workload) => [objectText(workload), revisionOf(workload, objects)]));
}

function revisionOf(workload: ClusterObject, objects: readonly ClusterObject[]): TemplateRevision {
  const { kind, metadata, status } = workload;
  switch (kind) {
    case 'Deployment':
      return {
        revision: metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '',
        made: 'new ReplicaSet',
      };
    case 'StatefulSet':
      return { revision: status?.updateRevision ?? '', made: 'new ControllerRevision' };
    default: {
      const own = objects.filter(({ metadata: { ownerReferences = [] } }) =>
        ownerReferences.some(({ uid }) => uid === metadata.uid),
      );
      const [newest] = own.toSorted((a, b) => (b.revision ?? 0) - (a.revision ?? 0));
      return { revision: newest?.metadata.name ?? '', made: 'new ControllerRevision' };
    }
  }
}
