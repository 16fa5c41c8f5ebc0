import type { Duration } from 'cdk8s';
import {
  Deployment,
  DeploymentStrategy,
  EnvValue,
  ImagePullPolicy,
  LabelSelector,
  PercentOrAbsolute,
  type Probe,
  Service,
  ServiceAccount,
  ServiceType,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { completeWorkload } from './complete-workload.ts';
import { DisruptionBudget } from './disruption-budget.ts';
import { objectLabels, selectorLabels, type Identity } from './labels.ts';
import { type Mount, volumeMounts } from './mounts.ts';
import { requireDnsLabel, requireInteger } from './requirements.ts';
import {
  containerResources,
  type ResourcesProps,
  RESTRICTED_CONTAINER,
  RESTRICTED_POD,
} from './restricted-pod.ts';

export interface RestrictedDeploymentProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  readonly image: string;
  /** Number of pods; the minimum with an autoscaler. */
  readonly replicas: number;
  readonly resources: ResourcesProps;
  /** Port numbers by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly readiness: Probe;
  readonly liveness: Probe;
  /** From the start of the termination to SIGKILL: the sleep before SIGTERM, and the program's own deadline. */
  readonly terminationGracePeriod: Duration;
  /** @default - the probes above from the start */
  readonly startup?: Probe;
  /** Omits `replicas` from the manifest, so that an apply does not undo the autoscaler's choice. @default false */
  readonly autoscaled?: boolean;
  /** @default - the image's own */
  readonly command?: readonly string[];
  /** @default - none */
  readonly variables?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly mounts?: readonly Mount[];
  /** @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly preStopSleep?: Duration;
}

/**
 * Stateless pods with one container each, under the Pod Security profile `restricted`: the Deployment, its service
 * account without token and, with several replicas, its disruption budget. In a rolling update a new pod is ready
 * before an old one is terminated.
 */
export class RestrictedDeployment extends Construct {
  readonly deployment: Deployment;

  constructor(scope: Construct, id: string, props: RestrictedDeploymentProps) {
    super(scope, id);
    const { name, namespace, identity, replicas, ports } = props;
    const {
      autoscaled = false,
      command,
      variables = {},
      mounts = [],
      podAnnotations = {},
      preStopSleep,
      startup,
    } = props;

    requireDnsLabel(this, identity.name, 'name', name);
    requireInteger(this, identity.name, 'replicas', replicas, { min: 1 });

    const labels = objectLabels(identity);
    const metadata = { name, namespace, labels };
    new ServiceAccount(this, 'Account', { metadata, automountToken: false });
    this.deployment = new Deployment(this, 'Resource', {
      metadata,
      podMetadata: { labels, annotations: { ...podAnnotations } },
      select: false,
      ...(!autoscaled && { replicas }),
      strategy: DeploymentStrategy.rollingUpdate({
        maxSurge: PercentOrAbsolute.absolute(1),
        maxUnavailable: PercentOrAbsolute.absolute(0),
      }),
      serviceAccount: ServiceAccount.fromServiceAccountName(this, 'AccountName', name),
      automountServiceAccountToken: false,
      securityContext: RESTRICTED_POD,
      terminationGracePeriod: props.terminationGracePeriod,
      containers: [
        {
          name,
          image: props.image,
          imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
          ...(command && { command: [...command] }),
          ports: Object.entries(ports).map(([portName, number]) => ({ name: portName, number })),
          envVariables: Object.fromEntries(
            Object.entries(variables)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([variable, value]) => [variable, EnvValue.fromValue(value)]),
          ),
          resources: containerResources(props.resources),
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: volumeMounts(this, mounts),
          readiness: props.readiness,
          liveness: props.liveness,
          ...(startup && { startup }),
        },
      ],
    });
    if (autoscaled) this.deployment.markHasAutoscaler();
    this.deployment.select(LabelSelector.of({ labels: selectorLabels(identity) }));
    completeWorkload(this.deployment, { identity, spreads: true, ...(preStopSleep && { preStopSleep }) });
    if (replicas > 1 || autoscaled) {
      new DisruptionBudget(this, 'Budget', {
        name,
        namespace,
        identity,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      });
    }
  }
}

export interface WorkloadServiceProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  /** Port numbers by name, the same for pods and Service. */
  readonly ports: Readonly<Record<string, number>>;
}

/** The Service of a workload's pods inside the cluster. */
export function workloadService(scope: Construct, id: string, props: WorkloadServiceProps): Service {
  const { name, namespace, identity, ports } = props;
  const service = new Service(scope, id, {
    metadata: { name, namespace, labels: objectLabels(identity) },
    type: ServiceType.CLUSTER_IP,
    ports: Object.entries(ports).map(([portName, port]) => ({ name: portName, port, targetPort: port })),
  });
  for (const [label, value] of Object.entries(selectorLabels(identity))) service.selectLabel(label, value);
  return service;
}
