/**
 * Properties of a broker whose update mode is `per-broker` or `cluster-wide`, as far as server.properties may hold them.
 *
 * @see https://kafka.apache.org/39/documentation.html#brokerconfigs (update mode)
 */
export const DYNAMIC_BROKER_PROPERTIES: readonly string[] = [
  'background.threads',
  'compression.type',
  'follower.replication.throttled.rate',
  'leader.replication.throttled.rate',
  'log.cleaner.*',
  'log.cleanup.policy',
  'log.flush.interval.messages',
  'log.flush.interval.ms',
  'log.index.interval.bytes',
  'log.index.size.max.bytes',
  'log.message.timestamp.type',
  'log.preallocate',
  'log.retention.bytes',
  'log.retention.ms',
  'log.roll.jitter.ms',
  'log.roll.ms',
  'log.segment.bytes',
  'log.segment.delete.delay.ms',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip',
  'message.max.bytes',
  'min.insync.replicas',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
];
