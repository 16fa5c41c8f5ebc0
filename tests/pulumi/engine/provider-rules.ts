import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';

/** One property that differs between what was applied and what is wanted. */
export interface PropertyDifference {
  /** `spec.template.spec.containers[0].image` */
  readonly path: string;
  readonly kind: 'add' | 'delete' | 'update';
  /** Whether the API server would refuse the change, so that the object is deleted and made again. */
  readonly replaces: boolean;
}

/** Fields by kind whose change is a replacement, as the real provider has them for the kinds that are used here. */
const REPLACING: Readonly<Record<string, readonly string[]>> = {
  ClusterRoleBinding: ['roleRef'],
  Deployment: ['spec.selector'],
  Job: ['spec.completions', 'spec.parallelism', 'spec.selector', 'spec.template'],
  ResourceQuota: ['spec.scopes'],
  RoleBinding: ['roleRef'],
  Secret: ['type'],
  Service: ['spec.clusterIP'],
  StatefulSet: [
    'spec.podManagementPolicy',
    'spec.revisionHistoryLimit',
    'spec.selector',
    'spec.serviceName',
    'spec.volumeClaimTemplates',
  ],
};

export function differences(before: Manifest, after: Manifest): readonly PropertyDifference[] {
  const replacing = ['metadata.name', 'metadata.namespace', ...(REPLACING[after.kind] ?? [])];
  return compare(before, after, '').map(({ path, kind }) => ({
    path,
    kind,
    replaces: replacing.some(
      (field) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`),
    ),
  }));
}

function compare(
  before: unknown,
  after: unknown,
  path: string,
): readonly Omit<PropertyDifference, 'replaces'>[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ path, kind: 'add' }];
  if (after === undefined) return [{ path, kind: 'delete' }];
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [{ path, kind: 'update' }];
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    compare(Reflect.get(before, key), Reflect.get(after, key), join(path, key, Array.isArray(after))),
  );
}

function join(path: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${path}[${key}]`;
  if (!/^\w+$/.test(key)) return `${path}["${key}"]`;
  return path === '' ? key : `${path}.${key}`;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** What of a live object says how far it is. */
interface Live {
  readonly kind?: string;
  readonly metadata?: { readonly generation?: number };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/** Whether a Job has done its work. */
export function hasCompleted(job: object): boolean {
  const { status = {} } = job as Live;
  return (
    status.conditions?.some(({ type, status: holds }) => type === 'Complete' && holds === 'True') === true
  );
}

/**
 * Whether an object works, as the real provider waits for it; kinds that are not named work at once.
 *
 * @throws Error where it never will
 */
export function isReady(object: unknown): boolean {
  const { kind, metadata, spec, status = {} } = object as Live;
  const isObserved = (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const wanted = spec?.replicas ?? 1;
  switch (kind) {
    case 'StatefulSet':
      return isObserved && status.readyReplicas === wanted && status.updatedReplicas === wanted;
    case 'Deployment':
      return (
        isObserved &&
        status.updatedReplicas === wanted &&
        status.availableReplicas === wanted &&
        status.replicas === wanted
      );
    case 'DaemonSet': {
      const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
      return (
        isObserved &&
        updatedNumberScheduled === desiredNumberScheduled &&
        numberAvailable === desiredNumberScheduled
      );
    }
    case 'Job': {
      const holds = (type: string) =>
        status.conditions?.find((found) => found.type === type && found.status === 'True');
      const failed = holds('Failed');
      if (failed !== undefined) throw new Error(`the Job failed: ${failed.message ?? ''}`);
      return holds('Complete') !== undefined;
    }
    default:
      return true;
  }
}
