import type { Manifest } from './platform-objects.ts';

/** A reference to an object. */
export interface Reference {
  readonly kind: string;
  readonly name: string;
  /** Undefined for a cluster-wide object. */
  readonly namespace: string | undefined;
}

/** Fields whose value is the name of an object of this kind. */
const NAMED_BY_TEXT: Readonly<Record<string, string>> = {
  ingressClassName: 'IngressClass',
  secretName: 'Secret',
  serviceAccountName: 'ServiceAccount',
  serviceName: 'Service',
};

/** Fields whose value, or each of whose values, has a `name`; with the kind if the value has none. */
const NAMED_BY_OBJECT: Readonly<Record<string, string | undefined>> = {
  authenticationRef: 'TriggerAuthentication',
  backendRefs: 'Service',
  certificateRefs: 'Secret',
  configMap: 'ConfigMap',
  parentRefs: 'Gateway',
  roleRef: undefined,
  scaleTargetRef: 'Deployment',
  secretKeyRef: 'Secret',
  secretTargetRef: 'Secret',
  subjects: undefined,
  targetRefs: undefined,
};

const CLUSTER_WIDE: ReadonlySet<string> = new Set(['ClusterRole', 'IngressClass']);

/**
 * References of a manifest, including its namespace. They must be applied first: a workload that is updated before its
 * ConfigMap rolls its pods onto the old content, and nothing would roll them again.
 */
export function findReferences(manifest: Manifest): readonly Reference[] {
  const { namespace } = manifest.metadata;
  const found: Reference[] =
    namespace === undefined ? [] : [{ kind: 'Namespace', name: namespace, namespace: undefined }];
  visit(manifest, namespace, found);
  return found;
}

function visit(value: unknown, namespace: string | undefined, found: Reference[]): void {
  if (Array.isArray(value)) for (const item of value) visit(item, namespace, found);
  if (!isRecord(value)) return;
  for (const [field, content] of Object.entries(value)) {
    const kind = NAMED_BY_TEXT[field];
    if (kind !== undefined && typeof content === 'string') add(found, kind, content, namespace);
    if (field in NAMED_BY_OBJECT) {
      for (const target of Array.isArray(content) ? content : [content]) {
        if (!isRecord(target) || typeof target['name'] !== 'string') continue;
        const targetKind = typeof target['kind'] === 'string' ? target['kind'] : NAMED_BY_OBJECT[field];
        const targetNamespace = typeof target['namespace'] === 'string' ? target['namespace'] : namespace;
        if (targetKind !== undefined) add(found, targetKind, target['name'], targetNamespace);
      }
    }
    visit(content, namespace, found);
  }
}

function add(found: Reference[], kind: string, name: string, namespace: string | undefined): void {
  found.push({ kind, name, namespace: CLUSTER_WIDE.has(kind) ? undefined : namespace });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
