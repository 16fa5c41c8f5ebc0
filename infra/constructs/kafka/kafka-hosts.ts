import type { KafkaExposure, KafkaNode } from './kafka-listeners.ts';
import { kafkaNodes, type NodeSets } from './kafka-nodes.ts';

/** A cluster, as far as the names of its nodes depend on it. */
export interface NamedCluster {
  readonly namespace: string;
  /** DNS suffix of the Kubernetes cluster. */
  readonly clusterDomain: string;
  readonly metadata: NodeSets;
  readonly brokers: number;
  readonly exposure: KafkaExposure;
}

/** Every name by which nodes of a cluster are called. */
export interface KafkaHosts {
  /** Service that clients begin with. */
  readonly bootstrap: string;
  /** Headless Service of the brokers: any of them, ready or not. */
  readonly brokers: string;
  /** What the nodes' certificate must be for: the two Services, each node, and the names outside. */
  readonly all: readonly string[];
}

/** The one list of names: what is called, and what the nodes' certificate must be for, both come from it. */
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
