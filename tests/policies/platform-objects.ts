import { type App, Chart } from 'cdk8s';
import type { Environment } from '../../infra/environments/environment.ts';
import { buildPlatform } from '../../infra/platform.ts';
import { everyOption, logstashOption } from './options.ts';
import { allEnvironments } from '../infra/all-environments.ts';
import type { Manifest } from '../infra/manifests.ts';

/** A container, as far as policies look at it. */
export interface Container {
  name: string;
  image: string;
  imagePullPolicy?: string;
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: unknown } }[];
  envFrom?: unknown[];
  ports?: { name?: string; containerPort: number; hostPort?: number }[];
  resources?: {
    requests?: Record<string, string>;
    limits?: Record<string, string>;
  };
  securityContext?: Record<string, unknown>;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

/** A volume, as far as policies look at it. */
export interface Volume {
  name: string;
  configMap?: { name: string };
  secret?: { secretName: string };
  hostPath?: { path: string };
}

/** A pod template with what makes pods of it. */
export interface Workload {
  kind: string;
  metadata: { name: string; namespace: string };
  spec: {
    replicas?: number;
    selector?: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
      spec: {
        serviceAccountName?: string;
        automountServiceAccountToken?: boolean;
        hostNetwork?: boolean;
        hostPID?: boolean;
        hostIPC?: boolean;
        securityContext?: Record<string, unknown>;
        containers: Container[];
        initContainers?: Container[];
        terminationGracePeriodSeconds?: number;
        topologySpreadConstraints?: {
          whenUnsatisfiable: string;
          nodeTaintsPolicy?: string;
          matchLabelKeys?: string[];
        }[];
        volumes?: Volume[];
      };
    };
  };
}

const KINDS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

/** Objects of one environment, as the API server would get them. A copy: a test may change it. */
export function objectsOf(environment: Environment): Manifest[] {
  return charts(buildPlatform(environment)).flatMap((chart) => structuredClone(chart.toJson() as Manifest[]));
}

function charts(app: App): Chart[] {
  return app.node.findAll().filter((construct) => Chart.isChart(construct));
}

/** Every environment's and every example's objects by its name, and those of an environment that takes every option. */
export function everyEnvironment(): { name: string; environment: Environment; objects: Manifest[] }[] {
  return [
    ...Object.values(allEnvironments).map((environment) => ({ name: environment.name, environment })),
    { name: 'an environment that takes every option', environment: everyOption },
    { name: 'the same with Logstash', environment: logstashOption },
  ].map(({ name, environment }) => ({ name, environment, objects: objectsOf(environment) }));
}

/** What makes pods among the objects. */
export function workloads(objects: readonly Manifest[]): Workload[] {
  return objects.filter(({ kind }) => KINDS.has(kind)) as unknown as Workload[];
}

/** What runs for as long as the platform does. */
export function services(objects: readonly Manifest[]): Workload[] {
  return workloads(objects).filter(({ kind }) => kind !== 'Job');
}

/** Containers of a workload, those that run first included. */
export function containers({ spec }: Workload): Container[] {
  return [...(spec.template.spec.initContainers ?? []), ...spec.template.spec.containers];
}

/** `Deployment headwater/producer`, as violations name it. */
export function describe({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
