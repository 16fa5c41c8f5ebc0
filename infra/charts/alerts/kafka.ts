import { KAFKA_BROKERS } from '../../constructs/kafka/kafka.ts';
import type { Environment } from '../../environments/environment.ts';
import { inNamespace, ofWorkload, podsUp, type WatchingAlert } from './series.ts';

/**
 * Longest time in minutes for which the roll of one broker keeps partitions under-replicated: it waits up to 5 minutes,
 * then catches up.
 */
const ROLL_MINUTES = 10;

/** Brokers that are down, and partitions without a leader or enough replicas. */
export function kafkaAlerts({
  namespaces,
  kafka,
  topics,
  eventsTopic,
}: Environment): readonly WatchingAlert[] {
  const { brokers } = kafka;
  const labels = inNamespace(namespaces.pipeline);
  const answering = podsUp(ofWorkload(namespaces.pipeline, KAFKA_BROKERS));
  const { replicationFactor = 1, minInSyncReplicas = 1 } = topics[eventsTopic] ?? {};
  const needed = brokers - (replicationFactor - minInSyncReplicas);
  const offline = `kafka_controller_kafkacontroller_offlinepartitionscount{${labels}}`;
  const underMinInSync = `kafka_server_replicamanager_underminisrpartitioncount{${labels}}`;
  const underReplicated = `kafka_server_replicamanager_underreplicatedpartitions{${labels}}`;
  const controllers = `kafka_controller_kafkacontroller_activecontrollercount{${labels}}`;
  return [
    {
      name: 'KafkaBrokersDown',
      expression: `${answering} < ${needed}`,
      lasting: '3m',
      severity: 'critical',
      summary: `Only {{ $value }} of ${brokers} brokers respond: writes to ${eventsTopic} need ${needed}`,
      action:
        'The producers answer with 503, and no events are stored. Check the pods, their claims and nodes, and ZooKeeper or the controllers. If all of them run, find out why Prometheus does not reach them.',
    },
    {
      name: 'KafkaBrokersMissing',
      expression: `${answering} < ${brokers}`,
      lasting: '15m',
      severity: 'warning',
      summary: `Only {{ $value }} of ${brokers} brokers respond`,
      action: 'The loss of one more broker may stop writes. Check the pod, its claim and its node.',
    },
    {
      name: 'KafkaPartitionsOffline',
      expression: `sum(${offline}) > 0`,
      metrics: [offline],
      lasting: '1m',
      severity: 'critical',
      summary: '{{ $value }} partitions of Kafka have no leader',
      action:
        'Kafka refuses writes to them. Restore the broker that was last in sync; do not elect an unclean leader.',
    },
    {
      name: 'KafkaPartitionsUnderMinInSync',
      expression: `sum(${underMinInSync}) > 0`,
      metrics: [underMinInSync],
      lasting: '2m',
      severity: 'critical',
      summary: '{{ $value }} partitions of Kafka refuse writes: too few replicas are in sync',
      action: 'The producer answers with 503. Find the broker that is down or behind.',
    },
    {
      name: 'KafkaPartitionsUnderReplicated',
      expression: `sum(${underReplicated}) > 0`,
      metrics: [underReplicated],
      // Between two brokers of a roll it may be 0 for less than a scrape interval.
      lasting: `${Math.max(30, ROLL_MINUTES * brokers)}m`,
      severity: 'warning',
      summary:
        '{{ $value }} partitions of Kafka have had replicas out of sync for longer than a rolling restart takes',
      action: 'Find the broker that is not ready, and check its disk.',
    },
    {
      name: 'KafkaControllersNotOne',
      expression: `sum(${controllers}) != 1`,
      metrics: [controllers],
      lasting: '5m',
      severity: 'critical',
      summary: 'Kafka has {{ $value }} active controllers instead of one',
      action:
        'No leader moves until Kafka has exactly one. Check ZooKeeper or the quorum of the controllers.',
    },
  ];
}
