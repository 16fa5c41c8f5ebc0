import type { Duration, Size } from 'cdk8s';
import { k8s, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { DisruptionBudget } from './disruption-budget.ts';
import { objectLabels, selectorLabels, type Identity } from './labels.ts';
import { requireDnsLabel, requireInteger, requireThat } from './requirements.ts';
import { POD_USER } from './restricted-pod.ts';
import { statefulSpread, type Spread } from './spread.ts';

/** Disk for logs and temporary files of a pod whose data is in claims. */
const EPHEMERAL_STORAGE = '512Mi';

/** A claim of each pod and its mount path. */
export interface Claim {
  readonly name: string;
  readonly size: Size;
  readonly mountPath: string;
}

/** Files for each pod, from a ConfigMap or a Secret. */
export interface MountedFiles {
  /** Name of the ConfigMap or Secret. A Secret's name carries its version, so that a rotation rolls the pods. */
  readonly name: string;
  readonly kind: 'config-map' | 'secret';
  readonly mountPath: string;
}

/** A probe: a port of the container accepts connections. */
export interface PortProbe {
  /** Name of the port. */
  readonly port: string;
  readonly period: Duration;
  readonly failureThreshold: number;
}

/** A probe: a command in the container succeeds. */
export interface CommandProbe extends Omit<PortProbe, 'port'> {
  readonly command: readonly string[];
  readonly timeout: Duration;
}

export interface PersistentStatefulSetProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  /** Name of the headless Service, which gives each pod its host name. */
  readonly headlessServiceName: string;
  readonly replicas: number;
  /** Name of the container: the program's role, such as `broker`. */
  readonly containerName: string;
  readonly image: string;
  readonly command: readonly string[];
  /** Port numbers by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly claims: readonly Claim[];
  readonly cpuMillicores: number;
  /** Memory request and limit. */
  readonly memory: Size;
  /** Delays the other two probes until it succeeds once. */
  readonly startupProbe: PortProbe;
  readonly readinessProbe: CommandProbe;
  /** A port only: the failure of another server must not restart this one. */
  readonly livenessProbe: PortProbe;
  readonly terminationGracePeriod: Duration;
  readonly spread: Spread;
  /** Environment variables; a value may refer to a field of the pod. @default - none */
  readonly variables?: Readonly<Record<string, string | { readonly fieldPath: string }>>;
  /** @default - none */
  readonly files?: readonly MountedFiles[];
  /** Annotations of the pod template, including the hash of the configuration. @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Command before SIGTERM; its time counts against the grace period. @default - none */
  readonly preStop?: readonly string[];
  /** How long a pod must be ready before the next one is rolled. @default - 0 */
  readonly minReady?: Duration;
  /** Class of every claim. @default - the cluster's default class */
  readonly storageClassName?: string;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
}

/**
 * Pods that keep name and disk across restarts, with one container each: the StatefulSet, its service account without
 * token, its claims, its headless Service and its disruption budget. cdk8s-plus has neither claim templates nor
 * `publishNotReadyAddresses`, so this is the only file that uses its typed classes of the plain API. @stateful
 *
 * All pods start at once (`Parallel`): servers of a quorum cannot become ready one after another. Updates still roll
 * one pod at a time. Claims are retained when the set is deleted or scaled down (`Retain`).
 */
export class PersistentStatefulSet extends Construct {
  constructor(scope: Construct, id: string, props: PersistentStatefulSetProps) {
    super(scope, id);
    const { name, namespace, identity, headlessServiceName, replicas, ports, claims } = props;
    const { minReady, storageClassName, podAnnotations = {} } = props;

    requireDnsLabel(this, identity.name, 'name', name);
    requireInteger(this, identity.name, 'replicas', replicas, { min: 1 });
    requireDistinctPorts(this, identity.name, ports);

    const labels = objectLabels(identity);
    new ServiceAccount(this, 'Account', { metadata: { name, namespace, labels }, automountToken: false });
    new k8s.KubeService(this, 'Headless', {
      metadata: { name: headlessServiceName, namespace, labels },
      spec: {
        clusterIp: 'None',
        // A server of a quorum resolves its peers before any of them is ready.
        publishNotReadyAddresses: true,
        selector: selectorLabels(identity),
        ports: Object.entries(ports).map(([portName, port]) => ({
          name: portName,
          port,
          targetPort: k8s.IntOrString.fromString(portName),
        })),
      },
    });
    new k8s.KubeStatefulSet(this, 'Resource', {
      metadata: { name, namespace, labels },
      spec: {
        serviceName: headlessServiceName,
        replicas,
        podManagementPolicy: 'Parallel',
        ...(minReady && { minReadySeconds: minReady.toSeconds() }),
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        selector: { matchLabels: selectorLabels(identity) },
        template: {
          metadata: { labels, annotations: { ...podAnnotations } },
          spec: podSpec(props),
        },
        volumeClaimTemplates: claims.map((claim) => ({
          metadata: { name: claim.name, labels: selectorLabels(identity) },
          spec: {
            accessModes: ['ReadWriteOnce'],
            ...(storageClassName !== undefined && { storageClassName }),
            resources: { requests: { storage: quantity(claim.size) } },
          },
        })),
      },
    });
    if (replicas > 1) {
      new DisruptionBudget(this, 'Budget', {
        name,
        namespace,
        identity,
        unhealthyPodEvictionPolicy: 'IfHealthyBudget',
      });
    }
  }
}

function podSpec(props: PersistentStatefulSetProps): k8s.PodSpec {
  const { name, identity, files = [], terminationGracePeriod, spread, priorityClassName } = props;
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    // Otherwise every Service of the namespace becomes variables, and Kafka reads those of a Service named `kafka` as
    // its own.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: terminationGracePeriod.toSeconds(),
    ...(priorityClassName !== undefined && { priorityClassName }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: POD_USER,
      runAsGroup: POD_USER,
      fsGroup: POD_USER,
      // A full volume has many files: change their owner only once, not at each start.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    affinity: { podAntiAffinity: antiAffinity(identity, spread) },
    topologySpreadConstraints: statefulSpread(identity, spread),
    containers: [container(props)],
    volumes: [
      // In memory: it may hold keys, and must be empty after a restart.
      { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('128Mi') } },
      ...files.map((file) =>
        file.kind === 'secret'
          ? { name: file.name, secret: { secretName: file.name, defaultMode: 0o440 } }
          : { name: file.name, configMap: { name: file.name } },
      ),
    ],
  };
}

function container(props: PersistentStatefulSetProps): k8s.Container {
  const { containerName, image, command, ports, claims, cpuMillicores, memory } = props;
  const { variables = {}, files = [], preStop } = props;
  return {
    name: containerName,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...command],
    env: Object.entries(variables).map(([variable, value]) =>
      typeof value === 'string'
        ? { name: variable, value }
        : { name: variable, valueFrom: { fieldRef: { fieldPath: value.fieldPath } } },
    ),
    ports: Object.entries(ports).map(([portName, containerPort]) => ({ name: portName, containerPort })),
    resources: {
      requests: {
        cpu: k8s.Quantity.fromString(`${cpuMillicores}m`),
        memory: quantity(memory),
        'ephemeral-storage': k8s.Quantity.fromString(EPHEMERAL_STORAGE),
      },
      limits: { memory: quantity(memory), 'ephemeral-storage': k8s.Quantity.fromString(EPHEMERAL_STORAGE) },
    },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: POD_USER,
      runAsGroup: POD_USER,
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    startupProbe: portProbe(props.startupProbe),
    readinessProbe: commandProbe(props.readinessProbe),
    livenessProbe: portProbe(props.livenessProbe),
    ...(preStop && { lifecycle: { preStop: { exec: { command: [...preStop] } } } }),
    volumeMounts: [
      ...claims.map((claim) => ({ name: claim.name, mountPath: claim.mountPath })),
      ...files.map((file) => ({ name: file.name, mountPath: file.mountPath, readOnly: true })),
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

function commandProbe({ command, period, timeout, failureThreshold }: CommandProbe): k8s.Probe {
  return {
    exec: { command: [...command] },
    periodSeconds: period.toSeconds(),
    timeoutSeconds: timeout.toSeconds(),
    failureThreshold,
  };
}

function portProbe({ port, period, failureThreshold }: PortProbe): k8s.Probe {
  return {
    tcpSocket: { port: k8s.IntOrString.fromString(port) },
    periodSeconds: period.toSeconds(),
    timeoutSeconds: 5,
    failureThreshold,
  };
}

/** One pod per node: two replicas on one node are lost together. On a single-node cluster this is only a preference. */
function antiAffinity(identity: Identity, spread: Spread): k8s.PodAntiAffinity {
  const podAffinityTerm = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: selectorLabels(identity) },
  };
  return spread === 'required'
    ? { requiredDuringSchedulingIgnoredDuringExecution: [podAffinityTerm] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

function requireDistinctPorts(
  scope: Construct,
  subject: string,
  ports: Readonly<Record<string, number>>,
): void {
  const numbers = Object.values(ports);
  for (const [name, port] of Object.entries(ports)) {
    requireThat(scope, numbers.indexOf(port) === numbers.lastIndexOf(port), {
      subject,
      property: `port ${name}`,
      value: port,
      allowed: 'a number that no other port of the pod has',
    });
  }
}

function quantity(size: Size): k8s.Quantity {
  const mebibytes = size.toMebibytes();
  return k8s.Quantity.fromString(mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`);
}
