import type { KafkaExposure, KafkaNode } from './kafka-listeners.ts';
import { kafkaNodes, type NodeSets } from './kafka-nodes.ts';

/** The properties of a cluster that determine the names of its nodes. */
export interface NamedCluster {
  readonly namespace: string;
  /** DNS suffix of the Kubernetes cluster. */
  readonly clusterDomain: string;
  readonly metadata: NodeSets;
  readonly brokers: number;
  readonly exposure: KafkaExposure;
}

/** Host names of a cluster's nodes. */
export interface KafkaHosts {
  /** Bootstrap Service. */
  readonly bootstrap: string;
  /** Headless Service of the brokers: any of them, ready or not. */
  readonly brokers: string;
  /** Names of the nodes' certificate: both Services, each node, and the external names. */
  readonly all: readonly string[];
}

/** The single source of host names: for clients, and for the nodes' certificate. */
export function kafkaHosts(cluster: NamedCluster): KafkaHosts {
  const suffix = `${cluster.namespace}.svc.${cluster.clusterDomain}`;
  const nodes = kafkaNodes(cluster.metadata, cluster.brokers, suffix);
  const bootstrap = `kafka-bootstrap.${suffix}`;
  const brokers = `kafka-brokers.${suffix}`;
  const hostOf = ({ host }: KafkaNode): string => host;
  const inside = [bootstrap, brokers, ...nodes.brokers.map(hostOf), ...nodes.controllers.map(hostOf)];
  return { bootstrap, brokers, all: [...new Set([...inside, ...outsideHosts(cluster.exposure)])] };
}

function outsideHosts(exposure: KafkaExposure): readonly string[] {
  if (exposure.kind === 'none') return [];
  return exposure.kind === 'load-balancer' ? [exposure.bootstrapHost, ...exposure.hosts] : exposure.hosts;
}
