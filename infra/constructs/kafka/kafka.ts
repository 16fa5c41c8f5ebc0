import { Duration, Size } from 'cdk8s';
import { Service } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ConfigFiles } from '../workloads/config-files.ts';
import { defaultHeap, requireBrokerHeap, requireHeapFits } from '../workloads/heap.ts';
import { KafkaCertificate } from './kafka-certificate.ts';
import { KafkaControllers } from './kafka-controllers.ts';
import type { KafkaEndpoint } from './kafka-endpoint.ts';
import { KafkaExternalServices } from './kafka-external-services.ts';
import { nodeFiles } from './kafka-files.ts';
import { kafkaHosts } from './kafka-hosts.ts';
import { clientsPort, LISTENER_PORTS, type KafkaExposure, type KafkaSecurity } from './kafka-listeners.ts';
import type { KafkaMetadata } from './kafka-metadata.ts';
import {
  brokerProperties,
  CERTIFICATE_PATH,
  CONFIG_PATH,
  VOLUME_PATH,
  METRICS_PORT,
  type ServerSettings,
} from './kafka-properties.ts';
import { kafkaNodes } from './kafka-nodes.ts';
import { requireClusterHoldsTogether } from './kafka-requirements.ts';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';
import { PersistentStatefulSet } from '../workloads/persistent-stateful-set.ts';
import type { Spread } from '../workloads/spread.ts';
import { publishUnreadyAddresses } from '../workloads/unready-addresses.ts';

export const KAFKA_BROKERS: Identity = { name: 'kafka', component: 'broker' };
/** Time for a controlled shutdown: it moves leaders and flushes logs, so that the next start needs no recovery. */
const SHUTDOWN_SECONDS = 120;
const STARTUP_PERIOD = Duration.seconds(10);

export interface KafkaProps {
  readonly namespace: string;
  readonly image: string;
  /** Metadata mode and, with it, the Kafka version: `zookeeper(…)` or `kraft(…)`. */
  readonly metadata: KafkaMetadata;
  readonly brokers: number;
  readonly cpuMillicores: number;
  /** Memory request and limit of each broker. */
  readonly memory: Size;
  /** Volume of each broker's log. */
  readonly logVolume: Size;
  readonly spread: Spread;
  /** Default `min.insync.replicas` of topics. @default - 2 from three brokers on, else 1 */
  readonly minInSyncReplicas?: number;
  /** At least 384 MiB. @default - half of the memory */
  readonly heap?: Size;
  /** Largest batch that a broker accepts. @default Size.mebibytes(1) */
  readonly maxMessage?: Size;
  /** Protection of the listeners. @default - plain text, inside the cluster's network policies */
  readonly security?: KafkaSecurity;
  /** Access for clients outside the cluster. @default - none */
  readonly exposure?: KafkaExposure;
  /** Sets a broker's rack from the zone label of its pod; needs Kubernetes 1.35, and no RBAC rights. @default false */
  readonly readsRackFromPodLabel?: boolean;
  /** How long a terminating broker waits at most for the others to be in sync. @default Duration.minutes(5) */
  readonly departureTimeout?: Duration;
  /** How long a broker may recover its log before it counts as failed. @default Duration.minutes(30) */
  readonly recoveryTime?: Duration;
  /** How long a broker must have been in sync before the next one is rolled. @default Duration.seconds(15) */
  readonly minReady?: Duration;
  /** Class of the claims. @default - the cluster's default class */
  readonly storageClassName?: string;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
  /** DNS suffix of the cluster. @default cluster.local */
  readonly clusterDomain?: string;
}

/**
 * A Kafka cluster that rolls without an operator. A broker is ready when its peers count it as in sync, and a
 * terminating broker waits until the others suffice (docs/decisions/0008). @stateful
 */
export class Kafka extends Construct implements KafkaEndpoint {
  readonly bootstrapServers: string;
  /** `host:port` of the replication listener, where a client needs the brokers' certificate. */
  readonly replicationServers: string;
  /** Required values of the dynamic cluster settings that override the brokers' files. */
  readonly clusterConfigs: Readonly<Record<string, number>>;
  readonly caSecret?: string;

  constructor(scope: Construct, id: string, props: KafkaProps) {
    super(scope, id);
    const { namespace, image, metadata, brokers, cpuMillicores, memory, logVolume, spread } = props;
    const { security = { protocol: 'plaintext' }, exposure = { kind: 'none' } } = props;
    const { storageClassName, priorityClassName } = props;
    const {
      heap = defaultHeap(memory),
      maxMessage = Size.mebibytes(1),
      clusterDomain = 'cluster.local',
    } = props;
    const { minInSyncReplicas = brokers >= 3 ? 2 : 1, readsRackFromPodLabel = false } = props;
    const { departureTimeout = Duration.minutes(5), recoveryTime = Duration.minutes(30) } = props;
    const { minReady = Duration.seconds(15) } = props;

    requireHeapFits(this, 'kafka', heap, memory);
    requireBrokerHeap(this, heap);
    requireClusterHoldsTogether(this, {
      brokers,
      minInSyncReplicas,
      metadata,
      exposure,
      recoveryTime,
      maxMessage,
    });

    const suffix = `${namespace}.svc.${clusterDomain}`;
    const nodes = kafkaNodes(metadata, brokers, suffix);
    const hosts = kafkaHosts({ namespace, clusterDomain, metadata, brokers, exposure });
    const settings: ServerSettings = {
      metadata,
      brokers,
      minInSyncReplicas,
      maxMessage,
      security,
      exposure,
      quorum: nodes.quorum,
    };
    if (security.protocol === 'tls' && security.clusterIssuer !== undefined) {
      new KafkaCertificate(this, 'Certificate', {
        namespace,
        identity: KAFKA_BROKERS,
        secretName: security.certificateSecret,
        clusterIssuer: security.clusterIssuer,
        hosts: hosts.all,
      });
    }
    if (metadata.mode === 'kraft' && metadata.controllers.placement === 'separate') {
      new KafkaControllers(this, 'Controllers', {
        namespace,
        image,
        metadata,
        controllers: metadata.controllers,
        nodes: nodes.controllers,
        settings,
        spread,
        ...(storageClassName !== undefined && { storageClassName }),
        ...(priorityClassName !== undefined && { priorityClassName }),
      });
    }
    const config = new ConfigFiles(this, 'Config', {
      name: 'kafka-config',
      namespace,
      identity: KAFKA_BROKERS,
      ...nodeFiles(nodes.brokers, nodes.brokers, brokerProperties(settings), settings),
    });
    const isCombined = metadata.mode === 'kraft' && metadata.controllers.placement === 'combined';
    const port = clientsPort(security);
    new PersistentStatefulSet(this, 'Brokers', {
      name: 'kafka',
      namespace,
      identity: KAFKA_BROKERS,
      headlessServiceName: 'kafka-brokers',
      replicas: brokers,
      containerName: 'broker',
      image,
      command: ['/opt/headwater/bin/start.sh'],
      ports: {
        clients: port,
        replication: LISTENER_PORTS.replication,
        ...(isCombined && { controller: LISTENER_PORTS.controller }),
        ...(exposure.kind !== 'none' && { external: LISTENER_PORTS.external }),
        metrics: METRICS_PORT,
      },
      variables: {
        ...(metadata.mode === 'kraft' && { CLUSTER_ID: metadata.clusterId }),
        DEPARTURE_TIMEOUT_S: String(departureTimeout.toSeconds()),
        HEAP_MIB: String(heap.toMebibytes()),
        MIN_INSYNC_REPLICAS: String(minInSyncReplicas),
        POD_INDEX: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" },
        ...(readsRackFromPodLabel && {
          RACK: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" },
        }),
      },
      files: [
        { name: config.name, kind: 'config-map', mountPath: CONFIG_PATH },
        ...(security.protocol === 'tls'
          ? [{ name: security.certificateSecret, kind: 'secret' as const, mountPath: CERTIFICATE_PATH }]
          : []),
      ],
      podAnnotations: config.podAnnotations,
      claims: [{ name: 'data', size: logVolume, mountPath: VOLUME_PATH }],
      cpuMillicores,
      memory,
      startupProbe: {
        port: 'replication',
        period: STARTUP_PERIOD,
        failureThreshold: Math.ceil(recoveryTime.toSeconds() / STARTUP_PERIOD.toSeconds()),
      },
      livenessProbe: { port: 'replication', period: Duration.seconds(10), failureThreshold: 6 },
      readinessProbe: {
        command: ['/opt/headwater/bin/ready.sh'],
        period: Duration.seconds(10),
        timeout: Duration.seconds(9),
        failureThreshold: 3,
      },
      minReady,
      preStop: ['/opt/headwater/bin/before-stop.sh'],
      terminationGracePeriod: Duration.seconds(departureTimeout.toSeconds() + SHUTDOWN_SECONDS),
      spread,
      ...(storageClassName !== undefined && { storageClassName }),
      ...(priorityClassName !== undefined && { priorityClassName }),
    });
    const bootstrap = new Service(this, 'Bootstrap', {
      metadata: { name: 'kafka-bootstrap', namespace, labels: objectLabels(KAFKA_BROKERS) },
      ports: [{ name: 'clients', port, targetPort: port }],
    });
    for (const [label, value] of Object.entries(selectorLabels(KAFKA_BROKERS)))
      bootstrap.selectLabel(label, value);
    publishUnreadyAddresses(bootstrap);
    if (exposure.kind !== 'none') {
      new KafkaExternalServices(this, 'External', {
        namespace,
        identity: KAFKA_BROKERS,
        podNames: nodes.brokers.map(({ ordinal }) => `kafka-${ordinal}`),
        exposure,
      });
    }

    this.bootstrapServers = `${hosts.bootstrap}:${port}`;
    this.replicationServers = `${hosts.brokers}:${LISTENER_PORTS.replication}`;
    this.clusterConfigs = metadata.mode === 'kraft' ? { 'min.insync.replicas': minInSyncReplicas } : {};
    if (security.protocol === 'tls') this.caSecret = security.certificateSecret;
  }
}
