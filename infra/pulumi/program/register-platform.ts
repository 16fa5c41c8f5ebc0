import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { orderObjects } from './dependencies.ts';
import { describeObject, nameOf, type Manifest, type PlatformObject } from '../stack/platform-objects.ts';
import { findReferences } from '../stack/references.ts';
import { FIELD_MANAGER, rulesFor } from './resource-rules.ts';
import type { StackSecret } from '../stack/settings.ts';

export interface PlatformArgs {
  readonly objects: readonly PlatformObject[];
  readonly secrets: readonly StackSecret[];
  /** Whether objects with data are retained when the stack is destroyed. */
  readonly keepsData: boolean;
  /** Dependencies of pods besides those in their manifests, such as cloud permissions. */
  readonly podsNeed: readonly pulumi.Resource[];
}

const POD_KINDS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet', 'Job']);

/**
 * Registers every object, and every Secret that they refer to, as one resource each. Its URN consists of stack, kind,
 * namespace and name, so moving a construct changes nothing.
 */
export function registerPlatform(
  { objects, secrets, keepsData, podsNeed }: PlatformArgs,
  provider: pulumi.ProviderResource,
): void {
  const registered = new Map<string, pulumi.Resource>();
  const ordered = [...orderObjects(objects)];
  const isNamespace = ([{ manifest }]: (typeof ordered)[number]): boolean => manifest.kind === 'Namespace';
  const register = ([{ manifest }, before]: (typeof ordered)[number]): void => {
    const { annotations, keeps, timeoutMinutes } = rulesFor(manifest, keepsData);
    const timeout = `${timeoutMinutes}m`;
    const named = [...before.map((object) => describeObject(object.manifest)), ...secretsOf(manifest)];
    const dependsOn = named.map((name) => registered.get(name)).filter((resource) => resource !== undefined);
    const resource = new KubernetesObject(annotate(manifest, annotations), {
      provider,
      dependsOn: POD_KINDS.has(manifest.kind) ? [...dependsOn, ...podsNeed] : dependsOn,
      protect: keeps,
      retainOnDelete: keeps,
      customTimeouts: { create: timeout, update: timeout, delete: timeout },
    });
    registered.set(describeObject(manifest), resource);
  };

  ordered.filter(isNamespace).forEach(register);
  for (const secret of secrets) {
    const namespace = registered.get(`Namespace ${secret.namespace}`);
    const { metadata, resource } = makeSecret(secret, {
      provider,
      ...(namespace !== undefined && { dependsOn: namespace }),
    });
    registered.set(describeObject({ kind: 'Secret', metadata }), resource);
  }
  ordered.filter((entry) => !isNamespace(entry)).forEach(register);
}

/** Registers one object as one resource. */
class KubernetesObject extends pulumi.CustomResource {
  constructor(manifest: Manifest, options: pulumi.CustomResourceOptions) {
    super(typeOf(manifest), nameOf(manifest), manifest, options);
  }
}

/** The provider's type of a kind: Kubernetes' unnamed core group is `core`. */
export function typeOf({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): string {
  return `kubernetes:${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

/**
 * The SDK's class marks the content as secret: it is encrypted in the stack's state, and otherwise exists only in the
 * cluster.
 */
function makeSecret({ namespace, name, type, values }: StackSecret, options: pulumi.CustomResourceOptions) {
  const metadata = { namespace, name };
  const data = Object.entries(values).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
  );
  const args = {
    metadata: { ...metadata, annotations: FIELD_MANAGER },
    type,
    data: Object.fromEntries(data),
  };
  return { metadata, resource: new kubernetes.core.v1.Secret(nameOf({ metadata }), args, options) };
}

function secretsOf(manifest: Manifest): readonly string[] {
  return findReferences(manifest)
    .filter(({ kind }) => kind === 'Secret')
    .map(({ kind, name, namespace }) =>
      describeObject({ kind, metadata: { name, ...(namespace !== undefined && { namespace }) } }),
    );
}

function annotate(manifest: Manifest, annotations: Readonly<Record<string, string>>): Manifest {
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
  };
}
