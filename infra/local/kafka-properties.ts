import { replicationDefaults, topicDefaults } from '../kafka-defaults.ts';
import { renderProperties, type Properties } from './properties.ts';

/** Metadata mode of the brokers; determines the Kafka line as well. */
export type Metadata = 'zookeeper' | 'kraft';

export interface BrokerProperties {
  readonly id: number;
  readonly port: number;
  readonly logDir: string;
  /** Of the whole cluster. */
  readonly brokers: number;
  readonly metadata:
    | { readonly kind: 'zookeeper'; readonly endpoint: string }
    | {
        readonly kind: 'kraft';
        readonly controllerPort: number;
        /** `id@host:port` of every controller. */
        readonly voters: string;
      };
  /** Take precedence over everything here. */
  readonly overrides?: Properties;
}

/**
 * Session timeout: after it a failed broker's partitions get new leaders. With KRaft the failed broker may have been
 * the active controller; then the timeout starts with the next one, whose election takes two to four seconds.
 */
const SESSION_TIMEOUT_MS = { zookeeper: 6_000, kraft: 4_000 };
/** With Kafka's default of 2 s, a busy broker could miss only one heartbeat of a 4 s session. */
const HEARTBEAT_INTERVAL_MS = 1_000;

/** `server.properties` of one broker. With three brokers, all three replicate and two must acknowledge. */
export function brokerProperties({
  id,
  port,
  logDir,
  brokers,
  metadata,
  overrides,
}: BrokerProperties): string {
  const listener = `PLAINTEXT://127.0.0.1:${port}`;
  return renderProperties({
    ...replicationDefaults(brokers),
    ...topicDefaults(brokers),
    'advertised.listeners': listener,
    'controlled.shutdown.retry.backoff.ms': 500,
    // A group of one consumer need not wait for others to join.
    'group.initial.rebalance.delay.ms': 0,
    'log.dirs': logDir,
    // Kafka's default, 10 MiB, is a hole in a file until its first entry. That entry makes the kernel read ahead into the
    // hole and clear that much memory, twice per replica (docs/performance-notes.md). With 1 MiB a segment of 1 GiB
    // still fits if its batches have 12 KiB or more; with smaller batches Kafka rolls it earlier.
    'log.index.size.max.bytes': 1024 ** 2,
    // Kafka's default, 50, means 150 replicas to open at each start, for a handful of groups.
    'offsets.topic.num.partitions': 5,
    ...(metadata.kind === 'zookeeper'
      ? {
          'broker.id': id,
          listeners: listener,
          'zookeeper.connect': metadata.endpoint,
          'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS.zookeeper,
        }
      : {
          'broker.heartbeat.interval.ms': HEARTBEAT_INTERVAL_MS,
          'broker.session.timeout.ms': SESSION_TIMEOUT_MS.kraft,
          'controller.listener.names': 'CONTROLLER',
          'controller.quorum.voters': metadata.voters,
          'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
          listeners: `${listener},CONTROLLER://127.0.0.1:${metadata.controllerPort}`,
          'node.id': id,
          'process.roles': 'broker,controller',
        }),
    ...overrides,
  });
}
