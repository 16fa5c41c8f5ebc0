import type { Manifest } from '../stack/platform-objects.ts';

/** How one object is deployed, besides its manifest. */
export interface ResourceRules {
  /** Annotations for Pulumi's provider only. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Whether it is retained when the stack is destroyed or the environment drops it. */
  readonly keeps: boolean;
  /** Timeout in minutes until it is ready. */
  readonly timeoutMinutes: number;
}

/** Deleting one of these loses data: claims belong to the set's pods, and a namespace deletes its claims. */
const HOLDS_DATA: ReadonlySet<string> = new Set(['StatefulSet', 'Namespace']);

/**
 * Not awaited: a Service is ready when its pods are, which are awaited themselves; an Ingress is ready when it gets an
 * address, which never happens in a cluster without load balancers.
 */
const READINESS_OF_OTHERS: ReadonlySet<string> = new Set(['Service', 'Ingress']);

/** Pulumi's default timeout. */
const DEFAULT_MINUTES = 10;
/** Number of pods that an autoscaler or the nodes decide. */
const ROLLOUT_MINUTES = 30;
/** Time to pull images and attach volumes once. */
const SCHEDULING_MINUTES = 5;

/**
 * @param keepsData whether objects with data are retained when the stack is destroyed: everywhere but in throw-away
 *   environments
 */
export function rulesFor(manifest: Manifest, keepsData: boolean): ResourceRules {
  return {
    annotations: annotationsFor(manifest.kind),
    keeps: keepsData && HOLDS_DATA.has(manifest.kind),
    timeoutMinutes: timeoutMinutes(manifest),
  };
}

/**
 * By default each resource has a field manager with a random name: a stack that takes over an object, after a killed `up` or
 * a destroyed stack, would conflict with the manager that made it.
 */
export const FIELD_MANAGER = { 'pulumi.com/patchFieldManager': 'headwater' } as const;

function annotationsFor(kind: string): Readonly<Record<string, string>> {
  if (READINESS_OF_OTHERS.has(kind)) return { ...FIELD_MANAGER, 'pulumi.com/skipAwait': 'true' };
  // A failed Job equals its manifest, so Pulumi would never start it again: its name depends on its template.
  return kind === 'Job' ? { ...FIELD_MANAGER, 'pulumi.com/replaceUnready': 'true' } : FIELD_MANAGER;
}

function timeoutMinutes(manifest: Manifest): number {
  switch (manifest.kind) {
    case 'StatefulSet':
      return Math.max(DEFAULT_MINUTES, SCHEDULING_MINUTES + rollMinutes(manifest['spec'] as StatefulSetSpec));
    case 'Job':
      return 1 + (manifest['spec'] as JobSpec).activeDeadlineSeconds / 60;
    case 'Deployment':
    case 'DaemonSet':
      return ROLLOUT_MINUTES;
    default:
      return DEFAULT_MINUTES;
  }
}

interface StatefulSetSpec {
  readonly replicas: number;
  readonly minReadySeconds?: number;
  readonly template: {
    readonly spec: {
      readonly terminationGracePeriodSeconds: number;
      readonly containers: readonly [
        { readonly startupProbe: { readonly periodSeconds: number; readonly failureThreshold: number } },
      ];
    };
  };
}

interface JobSpec {
  readonly activeDeadlineSeconds: number;
}

/**
 * Pods roll one after another: each may use its whole grace period to stop, and its whole start-up budget to recover.
 */
function rollMinutes({ replicas, minReadySeconds = 0, template }: StatefulSetSpec): number {
  const { terminationGracePeriodSeconds, containers } = template.spec;
  const { periodSeconds, failureThreshold } = containers[0].startupProbe;
  const seconds = terminationGracePeriodSeconds + periodSeconds * failureThreshold + minReadySeconds;
  return Math.ceil((replicas * seconds) / 60);
}
