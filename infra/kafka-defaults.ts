/** Properties of brokers, whose values are a function of how many brokers a cluster has. */
export type BrokerDefaults = Readonly<Record<string, string | number | boolean>>;

/** Most replicas of a topic that does not say how many: three, where there are three brokers. */
function replicasOf(brokers: number): number {
  return Math.min(3, brokers);
}

/** Replicas that must have a record before it is acknowledged: with three, one broker may be down. */
function inSyncReplicasOf(brokers: number): number {
  return Math.min(2, brokers);
}

/**
 * What the active controller decides: replication of topics that do not say theirs, and elections. KRaft's controllers go by
 * their own files, so they need these like the brokers.
 *
 * @see https://kafka.apache.org/39/configuration/broker-configs/
 */
export function replicationDefaults(brokers: number): BrokerDefaults {
  return {
    'default.replication.factor': replicasOf(brokers),
    'min.insync.replicas': inSyncReplicasOf(brokers),
    'unclean.leader.election.enable': false,
  };
}

/** What each broker decides: Kafka's own topics, and that a topic which nobody declared is a misspelt name. */
export function topicDefaults(brokers: number): BrokerDefaults {
  return {
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replicasOf(brokers),
    'transaction.state.log.min.isr': inSyncReplicasOf(brokers),
    'transaction.state.log.replication.factor': replicasOf(brokers),
  };
}
