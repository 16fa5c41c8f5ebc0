import { ApiObject, Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import type { ITriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import type { KafkaEndpoint } from '../kafka/kafka-endpoint.ts';
import { objectLabels, type Identity } from '../workloads/labels.ts';
import type { Mount } from '../workloads/mounts.ts';
import { gracePeriod, requireSameDeadline } from './producer.ts';
import { requireInteger, requireThat } from '../workloads/requirements.ts';
import { RestrictedDeployment } from '../workloads/restricted-deployment.ts';

export const CONSUMER_PORT = 8081;
export const CONSUMER: Identity = { name: 'consumer', component: 'collection' };

/** What the process takes at most beside the records that it buffers, as its own configuration says. */
const BASE_MEMORY = Size.mebibytes(120);

/** A fifth on top: sockets, page tables and cached pages count against the pod too. */
const HEADROOM = 1.2;

export interface ConsumerProps {
  readonly namespace: string;
  readonly image: string;
  /** Bounds between which lag adds and takes away pods; equal bounds are a fixed number, without autoscaler. */
  readonly replicas: { readonly min: number; readonly max: number };
  readonly cpuMillicores: number;
  /** The program's environment, as its own configuration type spells it. Its PORT must be `CONSUMER_PORT`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Bytes of records in memory, all partitions together: MAX_BUFFERED_BYTES says the same. */
  readonly maxBufferedBytes: number;
  /** Time that the program takes at most to write what is buffered: SHUTDOWN_DEADLINE_MS says the same. */
  readonly shutdownDeadline: Duration;
  /** What is consumed, for the autoscaler and its bound. */
  readonly lag: LagSource;
  /** Certificates and passwords that the variables name by path. @default - none */
  readonly mounts?: readonly Mount[];
}

/** Where the autoscaler reads how far the consumer is behind. */
export interface LagSource {
  /** The brokers, with the consumer's own login where they ask for one. */
  readonly kafka: KafkaEndpoint;
  readonly topic: string;
  readonly partitions: number;
  readonly groupId: string;
  /** Records of lag for which one more pod is wanted. */
  readonly recordsPerReplica: number;
}

/** Writes what Kafka holds into the object store. */
export class Consumer extends Construct {
  /** Memory of one pod, asked for and allowed: it follows from the bound on what is buffered. */
  readonly memory: Size;

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id);
    const { namespace, image, replicas, cpuMillicores, variables, maxBufferedBytes } = props;
    const { shutdownDeadline, lag, mounts = [] } = props;

    requireInteger(this, 'consumer', 'replicas.min', replicas.min, { min: 1 });
    requireInteger(this, 'consumer', 'replicas.max', replicas.max, { min: replicas.min });
    requireThat(this, replicas.max <= lag.partitions, {
      subject: 'consumer',
      property: 'replicas.max',
      value: replicas.max,
      allowed: `at most the partitions of ${lag.topic} (${lag.partitions})`,
      because: 'a partition has one reader, and every further pod would be idle',
    });
    requireThat(this, variables['MAX_BUFFERED_BYTES'] === String(maxBufferedBytes), {
      subject: 'consumer',
      property: 'variables.MAX_BUFFERED_BYTES',
      value: variables['MAX_BUFFERED_BYTES'] ?? '',
      allowed: `maxBufferedBytes (${maxBufferedBytes})`,
      because: "the pod's memory is computed from it",
    });
    requireSameDeadline(this, 'consumer', variables, shutdownDeadline);

    this.memory = consumerMemory(maxBufferedBytes);
    const { name } = CONSUMER;
    new RestrictedDeployment(this, 'Pods', {
      name,
      namespace,
      identity: CONSUMER,
      image,
      replicas: replicas.min,
      autoscaled: replicas.max > replicas.min,
      resources: { cpuMillicores, memory: this.memory },
      command: ['node', 'apps/consumer/main.ts'],
      ports: { http: CONSUMER_PORT },
      variables,
      mounts,
      readiness: Probe.fromHttpGet('/readyz', { port: CONSUMER_PORT, periodSeconds: Duration.seconds(10) }),
      liveness: Probe.fromHttpGet('/livez', { port: CONSUMER_PORT, failureThreshold: 6 }),
      terminationGracePeriod: gracePeriod(shutdownDeadline, Duration.seconds(0)),
    });
    if (replicas.max > replicas.min) {
      const metadata = { name, namespace, labels: objectLabels(CONSUMER) };
      new ApiObject(this, 'Autoscaler', { ...scaledObject(replicas, lag), metadata });
      if (needsLogin(lag))
        new ApiObject(this, 'AutoscalerLogin', { ...triggerAuthentication(lag), metadata });
    }
  }
}

/** Memory of a pod that may buffer so many bytes. */
export function consumerMemory(maxBufferedBytes: number): Size {
  return Size.mebibytes(Math.ceil(HEADROOM * (BASE_MEMORY.toMebibytes() + maxBufferedBytes / 2 ** 20)));
}

/** KEDA's object; it makes the autoscaler and asks Kafka for the group's lag. */
function scaledObject(replicas: ConsumerProps['replicas'], lag: LagSource): IScaledObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    spec: {
      scaleTargetRef: { name: CONSUMER.name },
      minReplicaCount: replicas.min,
      maxReplicaCount: replicas.max,
      // Each change of the group's members stops all of them for a moment: pods are taken away slowly.
      advanced: {
        horizontalPodAutoscalerConfig: {
          behavior: {
            scaleDown: {
              stabilizationWindowSeconds: 600,
              policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
            },
          },
        },
      },
      triggers: [
        {
          type: 'kafka',
          metadata: {
            bootstrapServers: lag.kafka.bootstrapServers,
            consumerGroup: lag.groupId,
            topic: lag.topic,
            lagThreshold: String(lag.recordsPerReplica),
            offsetResetPolicy: 'earliest',
            // A partition whose offset was never committed has a lag too: all of it.
            scaleToZeroOnInvalidOffset: 'false',
            ...(lag.kafka.caSecret !== undefined && { tls: 'enable' }),
            ...(lag.kafka.login !== undefined && { sasl: 'scram_sha512' }),
          },
          ...(needsLogin(lag) && { authenticationRef: { name: CONSUMER.name } }),
        },
      ],
    },
  };
}

function needsLogin({ kafka }: LagSource): boolean {
  return kafka.caSecret !== undefined || kafka.login !== undefined;
}

/** How KEDA reaches the brokers: as the consumer does, whose Secrets and user name it reads. */
function triggerAuthentication({ kafka: { caSecret, login } }: LagSource): ITriggerAuthentication {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'TriggerAuthentication',
    spec: {
      secretTargetRef: [
        ...(caSecret === undefined ? [] : [{ parameter: 'ca', name: caSecret, key: 'ca.crt' }]),
        ...(login === undefined
          ? []
          : [{ parameter: 'password', name: login.passwordSecret, key: 'password' }]),
      ],
      ...(login !== undefined && {
        env: [{ parameter: 'username', name: 'KAFKA_SASL_USERNAME', containerName: CONSUMER.name }],
      }),
    },
  };
}
