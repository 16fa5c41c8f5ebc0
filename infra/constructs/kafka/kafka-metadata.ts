import type { Duration, Size } from 'cdk8s';
import type { ZooKeeperEndpoint } from '../zookeeper/zookeeper.ts';

/** The last release line with ZooKeeper: 4.0 removed it. */
export type ZooKeeperModeVersion = '3.9.2';
/** KRaft mode runs on the 4.x line only. */
export type KRaftModeVersion = '4.4.0';

/** Metadata in a ZooKeeper ensemble. Made by {@link zookeeper}. */
export interface ZooKeeperMetadata {
  readonly mode: 'zookeeper';
  readonly version: ZooKeeperModeVersion;
  readonly endpoint: ZooKeeperEndpoint;
  /** Session timeout after which a broker counts as failed. @default - Kafka's own, 18 seconds */
  readonly sessionTimeout?: Duration;
}

/** Dedicated controllers. */
export interface SeparateControllers {
  readonly placement: 'separate';
  readonly replicas: 1 | 3 | 5;
  readonly volume: Size;
  readonly cpuMillicores: number;
  readonly memory: Size;
  /** @default - half of the memory */
  readonly heap?: Size;
}

/** Metadata in Kafka itself. Made by {@link kraft}. */
export interface KRaftMetadata {
  readonly mode: 'kraft';
  readonly version: KRaftModeVersion;
  /** Cluster id, 22 characters of base64url, with which each node formats its storage at the first start. */
  readonly clusterId: string;
  /** `combined`: every broker is also a controller. */
  readonly controllers: { readonly placement: 'combined' } | SeparateControllers;
  /** Session timeout after which a broker is fenced. @default - Kafka's own, 9 seconds */
  readonly sessionTimeout?: Duration;
}

/**
 * Where a cluster keeps its metadata. Includes the Kafka version, so that ZooKeeper with Kafka 4 cannot be expressed.
 */
export type KafkaMetadata = ZooKeeperMetadata | KRaftMetadata;

/** Metadata in ZooKeeper. */
export function zookeeper(
  endpoint: ZooKeeperEndpoint,
  props: Omit<ZooKeeperMetadata, 'mode' | 'endpoint'>,
): ZooKeeperMetadata {
  return { mode: 'zookeeper', endpoint, ...props };
}

/** Metadata in Kafka's own quorum of controllers. */
export function kraft(props: Omit<KRaftMetadata, 'mode'>): KRaftMetadata {
  return { mode: 'kraft', ...props };
}
