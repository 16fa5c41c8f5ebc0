import type { Alert } from '../constructs/monitoring.ts';
import type { Environment } from '../environments/environment.ts';
import { toMs } from '../environments/quantities.ts';

/** Oldest unstored record, in flushes: more than this many missed is no longer a slow store. */
const MISSED_FLUSHES = 5;

/** Alerts on what loses events, stops them, or soon will; every threshold follows from the environment. */
export function alerts({ kafka, consumer, eventsTopic, namespaces }: Environment): readonly Alert[] {
  const maxUnstoredSeconds = Math.ceil((toMs(consumer.flushMaxAge) * MISSED_FLUSHES) / 1000);
  const pipeline = `namespace="${namespaces.pipeline}"`;
  return [
    {
      name: 'KafkaPartitionsOffline',
      expression: `sum(kafka_controller_kafkacontroller_offlinepartitionscount{${pipeline}}) > 0`,
      lasting: '1m',
      severity: 'critical',
      summary: 'Partitions of Kafka have no leader',
      action:
        'Writes to them are refused. Bring back the broker that was last in sync; do not elect an unclean leader.',
    },
    {
      name: 'KafkaPartitionsUnderMinInSync',
      expression: `sum(kafka_server_replicamanager_underminisrpartitioncount{${pipeline}}) > 0`,
      lasting: '2m',
      severity: 'critical',
      summary: 'Partitions of Kafka refuse writes: too few replicas are in sync',
      action: 'The producer answers 503. See which broker is down or behind.',
    },
    {
      name: 'KafkaPartitionsUnderReplicated',
      expression: `sum(kafka_server_replicamanager_underreplicatedpartitions{${pipeline}}) > 0`,
      lasting: '30m',
      severity: 'warning',
      summary: 'Partitions of Kafka have had fewer replicas than they should for half an hour',
      action: 'A roll ends before this. See which broker is not ready, and its disk.',
    },
    {
      name: 'KafkaBrokersMissing',
      expression: `count(kafka_server_replicamanager_partitioncount{${pipeline}}) < ${kafka.brokers}`,
      lasting: '15m',
      severity: 'warning',
      summary: `Fewer than ${kafka.brokers} brokers answer`,
      action: 'One more that leaves may stop writes. See the pod, its claim and its node.',
    },
    {
      name: 'KafkaControllersNotOne',
      expression: `sum(kafka_controller_kafkacontroller_activecontrollercount{${pipeline}}) != 1`,
      lasting: '5m',
      severity: 'critical',
      summary: 'Kafka does not have exactly one active controller',
      action: 'No leader moves until it does. See ZooKeeper or the controllers’ quorum.',
    },
    {
      name: 'VolumeNearlyFull',
      expression: `kubelet_volume_stats_available_bytes{${pipeline}} / kubelet_volume_stats_capacity_bytes{${pipeline}} < 0.1`,
      lasting: '10m',
      severity: 'critical',
      summary: 'The volume {{ $labels.persistentvolumeclaim }} is nearly full',
      action:
        'A broker with a full disk stops, and cannot start. Grow the claim or shorten the retention now.',
    },
    {
      name: 'EventsNotStored',
      expression: `max(headwater_consumer_oldest_unstored_seconds{${pipeline}}) > ${maxUnstoredSeconds}`,
      lasting: '5m',
      severity: 'critical',
      summary: `Events of ${eventsTopic} have waited more than ${maxUnstoredSeconds} s for the object store`,
      action: 'Nothing is lost while Kafka keeps them. See the consumer’s log for what the store answers.',
    },
    {
      name: 'PartitionStopped',
      expression: `max by (partition) (headwater_consumer_partition_stopped{${pipeline}}) == 1`,
      lasting: '1m',
      severity: 'critical',
      summary: 'The consumer has stopped partition {{ $labels.partition }}',
      action:
        'Its chain and Kafka’s log contradict each other. The consumer’s log names how; release it after looking.',
    },
    {
      name: 'EventsLost',
      expression: `increase(headwater_consumer_gap_offsets_total{${pipeline}}[1h]) > 0`,
      lasting: '0m',
      severity: 'critical',
      summary: 'Kafka deleted records of partition {{ $labels.partition }} before they were stored',
      action: 'The gap is recorded in the chain. Retention was shorter than the outage: lengthen it.',
    },
    {
      name: 'EventsRefused',
      expression: `sum(rate(headwater_producer_records_total{${pipeline},code=~"broker_unavailable|queue_full"}[5m])) > 0`,
      lasting: '10m',
      severity: 'warning',
      summary: 'The producer has been refusing events for ten minutes',
      action: 'Clients try again, and give up at some time. See the brokers and the producer’s queue.',
    },
  ];
}
