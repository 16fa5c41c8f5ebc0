import type { KafkaNode } from './kafka-listeners.ts';

/** Ids of dedicated controllers start here; broker ids are ordinals of at most two digits. */
export const FIRST_CONTROLLER_ID = 100;

/** The properties that determine the sets of nodes. */
export type NodeSets =
  | { readonly mode: 'zookeeper' }
  | {
      readonly mode: 'kraft';
      readonly controllers:
        { readonly placement: 'combined' } | { readonly placement: 'separate'; readonly replicas: number };
    };

/** The nodes of a cluster, by set. */
export interface KafkaNodes {
  readonly brokers: readonly KafkaNode[];
  /** Dedicated controllers; empty with combined controllers or ZooKeeper. */
  readonly controllers: readonly KafkaNode[];
  /** Members of the metadata quorum; empty with ZooKeeper. */
  readonly quorum: readonly KafkaNode[];
}

/**
 * Names and ids of every node.
 *
 * @param suffix The domain of the headless Service, such as `headwater.svc.cluster.local`.
 */
export function kafkaNodes(metadata: NodeSets, brokerCount: number, suffix: string): KafkaNodes {
  const placement = metadata.mode === 'kraft' ? metadata.controllers : undefined;
  const controllerCount = placement?.placement === 'separate' ? placement.replicas : 0;
  const brokers = Array.from({ length: brokerCount }, (_, ordinal): KafkaNode => ({
    id: ordinal,
    ordinal,
    host: `kafka-${ordinal}.kafka-brokers.${suffix}`,
    roles: placement?.placement === 'combined' ? ['broker', 'controller'] : ['broker'],
  }));
  const controllers = Array.from({ length: controllerCount }, (_, ordinal): KafkaNode => ({
    id: FIRST_CONTROLLER_ID + ordinal,
    ordinal,
    host: `kafka-controller-${ordinal}.kafka-controllers.${suffix}`,
    roles: ['controller'],
  }));
  const quorum = [...controllers, ...brokers].filter((node) => node.roles.includes('controller'));
  return { brokers, controllers, quorum };
}
