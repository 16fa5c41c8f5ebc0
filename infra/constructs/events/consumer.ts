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

/** Memory of the process without buffered records, from its configuration. */
const BASE_MEMORY = Size.mebibytes(120);

/** 20 % on top: sockets, page tables and page cache also count against the pod. */
const HEADROOM = 1.2;

export interface ConsumerProps {
  readonly namespace: string;
  readonly image: string;
  /** Minimum and maximum number of pods, scaled by lag; equal values turn the autoscaler off. */
  readonly replicas: { readonly min: number; readonly max: number };
  readonly cpuMillicores: number;
  /** Environment of the program, as its configuration type defines it. Its PORT must be `CONSUMER_PORT`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Bytes of records in memory, over all partitions; must equal MAX_BUFFERED_BYTES. */
  readonly maxBufferedBytes: number;
  /** Longest time to store buffered records at shutdown; must equal SHUTDOWN_DEADLINE_MS. */
  readonly shutdownDeadline: Duration;
  /** Topic and partitions, for the autoscaler and its limit. */
  readonly lag: LagSource;
  /** Certificates and passwords whose paths are in the variables. @default - none */
  readonly mounts?: readonly Mount[];
}

/** Where the autoscaler reads the lag. */
export interface LagSource {
  /** The brokers, with the consumer's login if they require one. */
  readonly kafka: KafkaEndpoint;
  readonly topic: string;
  readonly partitions: number;
  readonly groupId: string;
  /** Records of lag per pod. */
  readonly recordsPerReplica: number;
}

/** Stores records of Kafka in the object store. */
export class Consumer extends Construct {
  /** Memory request and limit of one pod, derived from the buffer limit. */
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

/** Memory of a pod with this buffer limit. */
export function consumerMemory(maxBufferedBytes: number): Size {
  return Size.mebibytes(Math.ceil(HEADROOM * (BASE_MEMORY.toMebibytes() + maxBufferedBytes / 2 ** 20)));
}

/** KEDA's object, which creates the autoscaler and reads the group's lag from Kafka. */
function scaledObject(replicas: ConsumerProps['replicas'], lag: LagSource): IScaledObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    spec: {
      scaleTargetRef: { name: CONSUMER.name },
      minReplicaCount: replicas.min,
      maxReplicaCount: replicas.max,
      // Each change of the group interrupts all members for a moment, so pods are removed slowly.
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
            // A partition without a committed offset counts with its whole log as lag.
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

/** KEDA connects to the brokers like the consumer, with its user name and Secrets. */
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
