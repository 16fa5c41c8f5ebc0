import { renderProperties } from '../workloads/config-files.ts';
import { LISTENER_PORTS, listenerProperties, type KafkaNode } from './kafka-listeners.ts';
import { CERTIFICATE_PATH, type Properties, type ServerSettings } from './kafka-properties.ts';

/** Files of one set of nodes, and the part whose change must roll the nodes. */
export interface NodeFiles {
  readonly files: Readonly<Record<string, string>>;
  readonly rolling: Readonly<Record<string, string>>;
}

/**
 * The files of one set of nodes.
 *
 * - `server.properties`: shared settings; `node-<ordinal>.properties`: settings of each node. The image joins them.
 * - `nodes`: `<id> <host>:<port>` of each broker, for the gates; `kcat.properties`: how the gates log in
 * - `jmx.yaml`: the metrics of the Prometheus agent
 *
 * An additional node must not roll the existing ones: the list of nodes is read at each use, and only the first node's
 * file counts, since the others differ only in their ordinals — unless external addresses are listed one by one.
 */
export function nodeFiles(
  nodes: readonly KafkaNode[],
  brokers: readonly KafkaNode[],
  shared: Properties,
  { security, exposure, metadata }: Pick<ServerSettings, 'security' | 'exposure' | 'metadata'>,
): NodeFiles {
  const own = nodes.map(
    (node) =>
      [
        `node-${node.ordinal}.properties`,
        renderProperties({
          ...(metadata.mode === 'zookeeper' ? { 'broker.id': node.id } : { 'node.id': node.id }),
          ...listenerProperties(node, security, exposure),
        }),
      ] as const,
  );
  const sharedFiles = {
    'server.properties': renderProperties(shared),
    'jmx.yaml': METRIC_RULES,
  };
  const files = {
    ...sharedFiles,
    ...Object.fromEntries(own),
    nodes: brokers.map(({ id, host }) => `${id} ${host}:${LISTENER_PORTS.replication}\n`).join(''),
    'kcat.properties': renderProperties(
      security.protocol === 'plaintext'
        ? {}
        : {
            'security.protocol': 'ssl',
            'ssl.ca.location': `${CERTIFICATE_PATH}/ca.crt`,
            'ssl.certificate.location': `${CERTIFICATE_PATH}/tls.crt`,
            'ssl.key.location': `${CERTIFICATE_PATH}/tls.key`,
          },
    ),
  };
  const counted = exposure.kind === 'none' ? own.slice(0, 1) : own;
  return { files, rolling: { ...sharedFiles, ...Object.fromEntries(counted) } };
}

/**
 * Rules of the JMX Prometheus agent: includes every metric of an alert, and no series per client. Keys of an MBean
 * other than type and name become labels, never part of the metric's name.
 *
 * @see https://prometheus.github.io/jmx_exporter/
 */
const METRIC_RULES = `lowercaseOutputName: true
lowercaseOutputLabelNames: true
excludeObjectNames:
  - 'kafka.server:type=*,client-id=*,*'
  - 'kafka.consumer:*'
  - 'kafka.producer:*'
rules:
  - pattern: 'kafka\\.(\\w+)<type=([^,]+), name=([^,]+), topic=([^,]+), partition=(\\d+)><>Value'
    name: kafka_$1_$2_$3
    type: GAUGE
    labels:
      topic: $4
      partition: $5
  - pattern: 'kafka\\.server<type=(FetcherLagMetrics), name=([^,]+), clientId=[^,]+, topic=([^,]+), partition=(\\d+)><>Value'
    name: kafka_server_$1_$2
    type: GAUGE
    labels:
      topic: $3
      partition: $4
  - pattern: 'kafka\\.network<type=(RequestMetrics), name=(\\w+)PerSec, request=([^,]+), (version|error)=([^,]+)><>Count'
    name: kafka_network_$1_$2_total
    type: COUNTER
    labels:
      request: $3
      $4: $5
  - pattern: 'kafka\\.network<type=(RequestMetrics), name=(TotalTimeMs), request=([^,]+)><>99thPercentile'
    name: kafka_network_$1_$2_p99
    type: GAUGE
    labels:
      request: $3
  - pattern: 'kafka\\.server<type=(socket-server-metrics), listener=([^,]+), networkProcessor=(\\d+)><>((?:failed|successful)-authentication-total)'
    name: kafka_server_$1_$4
    type: COUNTER
    labels:
      listener: $2
      networkprocessor: $3
  - pattern: 'kafka\\.server<type=(KafkaRequestHandlerPool), name=(RequestHandlerAvgIdlePercent)><>OneMinuteRate'
    name: kafka_server_$1_$2
    type: GAUGE
  - pattern: 'kafka\\.server<type=raft-metrics><>(current-leader|high-watermark|log-end-offset)'
    name: kafka_server_raft_$1
    type: GAUGE
  - pattern: 'kafka\\.(\\w+)<type=([^,]+), name=([^,]+)PerSec><>Count'
    name: kafka_$1_$2_$3_total
    type: COUNTER
  - pattern: 'kafka\\.(\\w+)<type=([^,]+), name=([^,]+)PerSec, (\\w+)=([^,]+)><>Count'
    name: kafka_$1_$2_$3_total
    type: COUNTER
    labels:
      $4: $5
  - pattern: 'kafka\\.(\\w+)<type=([^,]+), name=([^,]+)><>Value'
    name: kafka_$1_$2_$3
    type: GAUGE
  - pattern: 'kafka\\.(\\w+)<type=([^,]+), name=([^,]+), (\\w+)="?([^,"]+)"?><>Value'
    name: kafka_$1_$2_$3
    type: GAUGE
    labels:
      $4: $5
`;
