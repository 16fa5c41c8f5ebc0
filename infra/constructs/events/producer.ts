import { Duration } from 'cdk8s';
import { HorizontalPodAutoscaler, Metric, MetricTarget, Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { objectLabels, type Identity } from '../workloads/labels.ts';
import type { Mount } from '../workloads/mounts.ts';
import { requireInteger, requireThat } from '../workloads/requirements.ts';
import { RestrictedDeployment, workloadService } from '../workloads/restricted-deployment.ts';
import type { ResourcesProps } from '../workloads/restricted-pod.ts';

export const PRODUCER_PORT = 8080;
export const PRODUCER: Identity = { name: 'producer', component: 'collection' };

/** Properties that an edge needs to route events. */
export interface ProducerEndpoint {
  readonly namespace: string;
  readonly serviceName: string;
  readonly port: number;
}

export interface ProducerProps {
  readonly namespace: string;
  readonly image: string;
  /** Minimum and maximum number of pods, scaled by CPU usage; equal values turn the autoscaler off. */
  readonly replicas: { readonly min: number; readonly max: number };
  readonly resources: ResourcesProps;
  /** Environment of the program, as its configuration type defines it. Its PORT must be `PRODUCER_PORT`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Longest time to finish requests in progress at shutdown; must equal SHUTDOWN_DEADLINE_MS. */
  readonly shutdownDeadline: Duration;
  /** How long a terminating pod serves before SIGTERM. @default Duration.seconds(5) */
  readonly preStopSleep?: Duration;
  /** CPU usage, in percent of the request, above which pods are added. @default 70 */
  readonly targetCpuPercent?: number;
  /** Certificates and passwords whose paths are in the variables. @default - none */
  readonly mounts?: readonly Mount[];
}

/** Failures of `/readyz` in a row after which a pod is not ready, and the interval of the probe. */
const READINESS = { failureThreshold: 3, periodSeconds: Duration.seconds(2) };
/**
 * From the first failing answer of `/readyz` until no edge sends more: the probe has given up, and the edge has heard of
 * it. Edges that go by an endpoint's `ready` forget a pod when it is told to leave, before SIGTERM; but Traefik goes by
 * `serving`, as Kubernetes' own proxy does where no pod is ready, and that is true for a leaving pod until its probe
 * fails.
 */
export const WITHDRAWAL = Duration.seconds(
  READINESS.failureThreshold * READINESS.periodSeconds.toSeconds() + 2,
);

/** Seconds beyond the program's deadline: start of the shutdown, and its last log line. */
const GRACE_MARGIN = Duration.seconds(5);

/** Accepts events over HTTP and responds when Kafka has stored them. */
export class Producer extends Construct implements ProducerEndpoint {
  readonly namespace: string;
  readonly serviceName = PRODUCER.name;
  readonly port = PRODUCER_PORT;

  constructor(scope: Construct, id: string, props: ProducerProps) {
    super(scope, id);
    const { namespace, image, replicas, resources, variables, shutdownDeadline } = props;
    const { preStopSleep = Duration.seconds(5), targetCpuPercent = 70, mounts = [] } = props;

    requireInteger(this, 'producer', 'replicas.min', replicas.min, { min: 1 });
    requireInteger(this, 'producer', 'replicas.max', replicas.max, { min: replicas.min });
    requireInteger(this, 'producer', 'targetCpuPercent', targetCpuPercent, { min: 10, max: 95 });
    requireSameDeadline(this, 'producer', variables, shutdownDeadline);

    const { name } = PRODUCER;
    const { deployment } = new RestrictedDeployment(this, 'Pods', {
      name,
      namespace,
      identity: PRODUCER,
      image,
      replicas: replicas.min,
      autoscaled: replicas.max > replicas.min,
      resources,
      command: ['node', 'apps/producer/main.ts'],
      ports: { http: PRODUCER_PORT },
      variables,
      mounts,
      readiness: Probe.fromHttpGet('/readyz', { port: PRODUCER_PORT, ...READINESS }),
      liveness: Probe.fromHttpGet('/livez', { port: PRODUCER_PORT, failureThreshold: 6 }),
      preStopSleep,
      terminationGracePeriod: gracePeriod(shutdownDeadline, preStopSleep),
    });
    workloadService(this, 'Service', { name, namespace, identity: PRODUCER, ports: { http: PRODUCER_PORT } });
    if (replicas.max > replicas.min) {
      new HorizontalPodAutoscaler(this, 'Autoscaler', {
        metadata: { name, namespace, labels: objectLabels(PRODUCER) },
        target: deployment,
        minReplicas: replicas.min,
        maxReplicas: replicas.max,
        metrics: [Metric.resourceCpu(MetricTarget.averageUtilization(targetCpuPercent))],
      });
    }
    this.namespace = namespace;
  }
}

/** Grace period of a pod: the sleep, the program's deadline, and a margin. */
export function gracePeriod(shutdownDeadline: Duration, preStopSleep: Duration): Duration {
  return Duration.seconds(
    Math.ceil(
      (shutdownDeadline.toMilliseconds() + preStopSleep.toMilliseconds() + GRACE_MARGIN.toMilliseconds()) /
        1000,
    ),
  );
}

/** The program and its pod must have the same deadline: a shorter grace period would cut a drain. */
export function requireSameDeadline(
  scope: Construct,
  subject: string,
  variables: Readonly<Record<string, string>>,
  shutdownDeadline: Duration,
): void {
  const stated = variables['SHUTDOWN_DEADLINE_MS'] ?? '';
  requireThat(scope, stated === String(shutdownDeadline.toMilliseconds()), {
    subject,
    property: 'variables.SHUTDOWN_DEADLINE_MS',
    value: stated,
    allowed: `shutdownDeadline (${shutdownDeadline.toMilliseconds()})`,
    because: 'the pod is killed when its grace period ends, drained or not',
  });
}
