import type { Manifest } from '../stack/platform-objects.ts';

/** How one object is handled, beside what its manifest says. */
export interface ResourceRules {
  /** Annotations for Pulumi's provider alone. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Neither deleted with the stack nor because it left the environment. */
  readonly keeps: boolean;
  /** How long it may take to work, in minutes. */
  readonly timeoutMinutes: number;
}

/** Losing one of these loses data: claims belong to the set's pods, and a namespace takes its claims along. */
const HOLDS_DATA: ReadonlySet<string> = new Set(['StatefulSet', 'Namespace']);

/**
 * A Service is ready when its pods are, which are waited for themselves; an Ingress when something gives it an address,
 * which in a cluster without load balancer never happens.
 */
const READINESS_OF_OTHERS: ReadonlySet<string> = new Set(['Service', 'Ingress']);

/** What Pulumi allows any object. */
const DEFAULT_MINUTES = 10;
/** Pods whose number an autoscaler or the nodes decide. */
const ROLLOUT_MINUTES = 30;
/** Pulling images and attaching volumes, once. */
const SCHEDULING_MINUTES = 5;

/** @param keepsData whether what holds data outlives the stack: everywhere but in throw-away environments */
export function rulesFor(manifest: Manifest, keepsData: boolean): ResourceRules {
  return {
    annotations: annotationsFor(manifest.kind),
    keeps: keepsData && HOLDS_DATA.has(manifest.kind),
    timeoutMinutes: timeoutMinutes(manifest),
  };
}

function annotationsFor(kind: string): Readonly<Record<string, string>> {
  if (READINESS_OF_OTHERS.has(kind)) return { 'pulumi.com/skipAwait': 'true' };
  // A Job that failed is as it was applied, so that nothing would ever start it again: its name is that of its template.
  return kind === 'Job' ? { 'pulumi.com/replaceUnready': 'true' } : {};
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

/** One pod after the other: each may use its whole grace period to stop and its whole start-up budget to recover. */
function rollMinutes({ replicas, minReadySeconds = 0, template }: StatefulSetSpec): number {
  const { terminationGracePeriodSeconds, containers } = template.spec;
  const { periodSeconds, failureThreshold } = containers[0].startupProbe;
  const seconds = terminationGracePeriodSeconds + periodSeconds * failureThreshold + minReadySeconds;
  return Math.ceil((replicas * seconds) / 60);
}
