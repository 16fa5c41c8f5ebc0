import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { ConfigFiles } from '../workloads/config-files.ts';
import { defaultHeap, requireHeapFits } from '../workloads/heap.ts';
import { nodeFiles } from './kafka-files.ts';
import { LISTENER_PORTS, type KafkaNode } from './kafka-listeners.ts';
import type { KRaftMetadata, SeparateControllers } from './kafka-metadata.ts';
import {
  CERTIFICATE_PATH,
  CONFIG_PATH,
  controllerProperties,
  VOLUME_PATH,
  METRICS_PORT,
  type ServerSettings,
} from './kafka-properties.ts';
import type { Identity } from '../workloads/labels.ts';
import { PersistentStatefulSet } from '../workloads/persistent-stateful-set.ts';
import type { Spread } from '../workloads/spread.ts';

export const KAFKA_CONTROLLERS: Identity = { name: 'kafka', component: 'controller' };

/** How long a node's termination is delayed while a majority needs it. */
const DEPARTURE_TIMEOUT = Duration.minutes(5);
/** From the end of the hook to SIGKILL. */
const SHUTDOWN_SECONDS = 120;

export interface KafkaControllersProps {
  readonly namespace: string;
  readonly image: string;
  readonly metadata: KRaftMetadata;
  readonly controllers: SeparateControllers;
  readonly nodes: readonly KafkaNode[];
  readonly settings: ServerSettings;
  readonly spread: Spread;
  /** Class of the claims. @default - the cluster's default class */
  readonly storageClassName?: string;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
}

/** Dedicated controllers of a KRaft cluster. @stateful */
export class KafkaControllers extends Construct {
  constructor(scope: Construct, id: string, props: KafkaControllersProps) {
    super(scope, id);
    const {
      namespace,
      image,
      metadata,
      controllers,
      nodes,
      settings,
      spread,
      storageClassName,
      priorityClassName,
    } = props;
    const { replicas, volume, cpuMillicores, memory, heap = defaultHeap(memory) } = controllers;
    requireHeapFits(this, 'kafka controllers', heap, memory);

    const config = new ConfigFiles(this, 'Config', {
      name: 'kafka-controller-config',
      namespace,
      identity: KAFKA_CONTROLLERS,
      ...nodeFiles(nodes, [], controllerProperties(settings), settings),
    });
    new PersistentStatefulSet(this, 'Nodes', {
      name: 'kafka-controller',
      namespace,
      identity: KAFKA_CONTROLLERS,
      headlessServiceName: 'kafka-controllers',
      replicas,
      containerName: 'controller',
      image,
      command: ['/opt/headwater/bin/start.sh'],
      ports: { controller: LISTENER_PORTS.controller, metrics: METRICS_PORT },
      variables: {
        CLUSTER_ID: metadata.clusterId,
        DEPARTURE_TIMEOUT_S: String(DEPARTURE_TIMEOUT.toSeconds()),
        HEAP_MIB: String(heap.toMebibytes()),
        POD_INDEX: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" },
      },
      files: [
        { name: config.name, kind: 'config-map', mountPath: CONFIG_PATH },
        ...(settings.security.protocol === 'tls'
          ? [
              {
                name: settings.security.certificateSecret,
                kind: 'secret' as const,
                mountPath: CERTIFICATE_PATH,
              },
            ]
          : []),
      ],
      podAnnotations: config.podAnnotations,
      claims: [{ name: 'data', size: volume, mountPath: VOLUME_PATH }],
      cpuMillicores,
      memory,
      startupProbe: { port: 'controller', period: Duration.seconds(10), failureThreshold: 120 },
      livenessProbe: { port: 'controller', period: Duration.seconds(10), failureThreshold: 6 },
      readinessProbe: {
        command: ['/opt/headwater/bin/controller-ready.sh'],
        period: Duration.seconds(10),
        timeout: Duration.seconds(5),
        failureThreshold: 3,
      },
      // Time to fetch what was written during the restart, before the next controller is rolled.
      minReady: Duration.seconds(20),
      preStop: ['/opt/headwater/bin/controller-before-stop.sh'],
      terminationGracePeriod: Duration.seconds(DEPARTURE_TIMEOUT.toSeconds() + SHUTDOWN_SECONDS),
      spread,
      ...(storageClassName !== undefined && { storageClassName }),
      ...(priorityClassName !== undefined && { priorityClassName }),
    });
  }
}
