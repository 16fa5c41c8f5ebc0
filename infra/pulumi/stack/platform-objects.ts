import { ApiObject, type App } from 'cdk8s';

/** A Kubernetes object to apply. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A manifest and its construct, whose dependencies determine the order. */
export interface PlatformObject {
  readonly construct: ApiObject;
  readonly manifest: Manifest;
}

/** Every object of the platform, in the order of the tree. */
export function readObjects(app: App): readonly PlatformObject[] {
  return app.node
    .findAll()
    .filter((construct) => ApiObject.isApiObject(construct))
    .map((construct) => ({ construct, manifest: construct.toJson() as Manifest }));
}

/** `headwater/kafka`, or `headwater` for a cluster-wide object: unique for each kind, as in the cluster. */
export function nameOf({ metadata: { namespace, name } }: Pick<Manifest, 'metadata'>): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** `StatefulSet headwater/kafka` */
export function describeObject(manifest: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${manifest.kind} ${nameOf(manifest)}`;
}

interface ClaimTemplate {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly storageClassName?: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

/** The claim templates of a StatefulSet. */
export function claimsOf(
  manifest: Pick<Manifest, 'kind'> & { readonly spec?: unknown },
): readonly ClaimTemplate[] {
  if (manifest.kind !== 'StatefulSet') return [];
  return (
    (manifest.spec as { readonly volumeClaimTemplates?: readonly ClaimTemplate[] }).volumeClaimTemplates ?? []
  );
}
