import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { ConfigFiles, renderProperties } from '../workloads/config-files.ts';
import { defaultHeap, requireHeapFits } from '../workloads/heap.ts';
import type { Identity } from '../workloads/labels.ts';
import { PersistentStatefulSet } from '../workloads/persistent-stateful-set.ts';
import type { Spread } from '../workloads/spread.ts';
import { requireThat } from '../workloads/requirements.ts';

/** Ports of a server. */
export const ZOOKEEPER_CLIENT_PORT = 2181;
export const ZOOKEEPER_PEER_PORT = 2888;
export const ZOOKEEPER_LEADER_ELECTION_PORT = 3888;
export const ZOOKEEPER_METRICS_PORT = 7000;
export const ZOOKEEPER: Identity = { name: 'zookeeper', component: 'server' };
const CONFIG_PATH = '/etc/headwater';
const DATA_PATH = '/var/lib/zookeeper/data';
const TRANSACTION_LOG_PATH = '/var/lib/zookeeper/log';

/** What a client needs to connect to an ensemble, ours or an external one. */
export interface ZooKeeperEndpoint {
  /**
   * `host:port` of each server, comma-separated. Uses host names, since the address of a server changes with its pod.
   */
  readonly connect: string;
}

export interface ZooKeeperProps {
  readonly namespace: string;
  readonly image: string;
  /** Number of servers: 1, 3 or 5. A majority of them must be up. */
  readonly servers: number;
  readonly cpuMillicores: number;
  /** Memory request and limit of each server. */
  readonly memory: Size;
  readonly spread: Spread;
  /** @default - half of the memory */
  readonly heap?: Size;
  /** Volume of the snapshots. @default Size.gibibytes(5) */
  readonly dataVolume?: Size;
  /** Volume of the transaction log, on which every write waits. @default Size.gibibytes(5) */
  readonly transactionLogVolume?: Size;
  /** Class of the claims. @default - the cluster's default class */
  readonly storageClassName?: string;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
  /** DNS suffix of the cluster. @default cluster.local */
  readonly clusterDomain?: string;
}

/** An ensemble of ZooKeeper servers that keep name, id and data across restarts. @stateful */
export class ZooKeeper extends Construct implements ZooKeeperEndpoint {
  readonly connect: string;

  constructor(scope: Construct, id: string, props: ZooKeeperProps) {
    super(scope, id);
    const { namespace, image, servers, cpuMillicores, memory, spread, storageClassName, priorityClassName } =
      props;
    const { heap = defaultHeap(memory), clusterDomain = 'cluster.local' } = props;
    const { dataVolume = Size.gibibytes(5), transactionLogVolume = Size.gibibytes(5) } = props;

    requireThat(this, [1, 3, 5].includes(servers), {
      subject: 'zookeeper',
      property: 'servers',
      value: servers,
      allowed: '1, 3 or 5',
      because: 'an even ensemble tolerates no more failures than one server fewer',
    });
    requireHeapFits(this, 'zookeeper', heap, memory);

    const hosts = Array.from(
      { length: servers },
      (_, ordinal) => `zookeeper-${ordinal}.zookeeper-nodes.${namespace}.svc.${clusterDomain}`,
    );
    const config = new ConfigFiles(this, 'Config', {
      name: 'zookeeper-config',
      namespace,
      identity: ZOOKEEPER,
      files: { 'zoo.cfg': serverConfiguration(hosts) },
    });
    new PersistentStatefulSet(this, 'Servers', {
      name: 'zookeeper',
      namespace,
      identity: ZOOKEEPER,
      headlessServiceName: 'zookeeper-nodes',
      replicas: servers,
      containerName: 'server',
      image,
      command: ['/opt/headwater/bin/start.sh'],
      ports: {
        client: ZOOKEEPER_CLIENT_PORT,
        peer: ZOOKEEPER_PEER_PORT,
        'leader-election': ZOOKEEPER_LEADER_ELECTION_PORT,
        metrics: ZOOKEEPER_METRICS_PORT,
      },
      variables: {
        HEAP_MIB: String(heap.toMebibytes()),
        POD_INDEX: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" },
      },
      files: [{ name: config.name, kind: 'config-map', mountPath: CONFIG_PATH }],
      podAnnotations: config.podAnnotations,
      claims: [
        { name: 'data', size: dataVolume, mountPath: DATA_PATH },
        { name: 'transaction-log', size: transactionLogVolume, mountPath: TRANSACTION_LOG_PATH },
      ],
      cpuMillicores,
      memory,
      // The port also accepts connections without a quorum: a server that waits for its peers is alive.
      startupProbe: { port: 'client', period: Duration.seconds(5), failureThreshold: 60 },
      livenessProbe: { port: 'client', period: Duration.seconds(10), failureThreshold: 6 },
      readinessProbe: {
        command: ['/opt/headwater/bin/ready.sh'],
        period: Duration.seconds(5),
        timeout: Duration.seconds(5),
        failureThreshold: 3,
      },
      // Long enough for a server that lost its leader to become unready before the next one is rolled.
      minReady: Duration.seconds(10),
      terminationGracePeriod: Duration.seconds(60),
      spread,
      ...(storageClassName !== undefined && { storageClassName }),
      ...(priorityClassName !== undefined && { priorityClassName }),
    });

    this.connect = hosts.map((host) => `${host}:${ZOOKEEPER_CLIENT_PORT}`).join(',');
  }
}

/**
 * `zoo.cfg` of every server of an ensemble. A server's id is its ordinal plus 1, written by the image at start.
 *
 * @see https://zookeeper.apache.org/doc/r3.9.5/zookeeperAdmin.html
 */
export function serverConfiguration(hosts: readonly string[]): string {
  const settings = renderProperties({
    '4lw.commands.whitelist': 'srvr',
    'admin.enableServer': false,
    // Purges old snapshots and logs; otherwise the volumes fill up.
    'autopurge.purgeInterval': 6,
    'autopurge.snapRetainCount': 5,
    clientPort: ZOOKEEPER_CLIENT_PORT,
    dataDir: DATA_PATH,
    dataLogDir: TRANSACTION_LOG_PATH,
    initLimit: 20,
    'metricsProvider.className': 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
    'metricsProvider.httpPort': ZOOKEEPER_METRICS_PORT,
    // The host name of a server may still resolve to the address of its previous pod.
    quorumListenOnAllIPs: true,
    reconfigEnabled: false,
    standaloneEnabled: hosts.length === 1,
    syncLimit: 5,
    tickTime: 2000,
  });
  if (hosts.length === 1) return settings;
  const servers = hosts.map(
    (host, ordinal) =>
      `server.${ordinal + 1}=${host}:${ZOOKEEPER_PEER_PORT}:${ZOOKEEPER_LEADER_ELECTION_PORT}\n`,
  );
  return settings + servers.join('');
}
