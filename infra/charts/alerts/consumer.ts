import { CONSUMER } from '../../constructs/events/consumer.ts';
import type { Environment } from '../../environments/environment.ts';
import { toMs } from '../../environments/quantities.ts';
import { atMaximum, notReady } from './scaled.ts';
import { ofWorkload, orZero, type WatchingAlert } from './series.ts';

/** Age of the oldest unstored record, in flush intervals, above which the store is not merely slow. */
const MISSED_FLUSHES = 5;

/** Events that wait in Kafka until Kafka deletes them. */
export function consumerAlerts({
  namespaces,
  consumer,
  topics,
  eventsTopic,
}: Environment): readonly WatchingAlert[] {
  const labels = ofWorkload(namespaces.pipeline, CONSUMER);
  const maxUnstoredSeconds = Math.ceil((toMs(consumer.flushMaxAge) * MISSED_FLUSHES) / 1000);
  const { partitions = 1, retention = '0s' } = topics[eventsTopic] ?? {};
  const oldest = `headwater_consumer_oldest_unstored_seconds{${labels}}`;
  const stopped = `headwater_consumer_partition_stopped{${labels}}`;
  const lost = `headwater_consumer_gap_offsets_total{${labels}}`;
  return [
    ...notReady({
      names: ['ConsumersNotReady', 'ConsumersMissing'],
      labels,
      minimum: consumer.replicas.min,
      what: 'consumers',
      none: `No events are stored. Kafka keeps them for ${retention}. Check the pods, and /readyz of a consumer. If all of them are ready, find out why Prometheus does not reach them.`,
    }),
    {
      name: 'EventsNotStored',
      expression: `max(${oldest}) > ${maxUnstoredSeconds}`,
      metrics: [oldest],
      lasting: '5m',
      severity: 'critical',
      summary: `An event of ${eventsTopic} has waited {{ $value | humanizeDuration }} for the object store`,
      action: `Kafka keeps events for ${retention}; nothing is lost before. Read the store’s responses in the consumer’s log, and check whether events arrive faster than they are stored.`,
    },
    {
      name: 'PartitionsUnowned',
      expression: `${orZero(`count(count by (partition) (${oldest}))`)} < ${partitions}`,
      lasting: '5m',
      severity: 'critical',
      summary: `Consumers own only {{ $value }} of ${partitions} partitions of ${eventsTopic}`,
      action: `The events of the other partitions are not stored, and Kafka deletes them after ${retention}. Check in the consumers’ logs that they are members of the group and may read the topic.`,
    },
    {
      name: 'PartitionStopped',
      expression: `max by (partition) (${stopped}) == 1`,
      metrics: [stopped],
      lasting: '1m',
      severity: 'critical',
      summary: 'The consumer has stopped partition {{ $labels.partition }}',
      action:
        'Its chain and Kafka’s log contradict each other. The consumer’s log has the reason; resume the partition after you know it.',
    },
    {
      name: 'EventsLost',
      // A series that starts with a loss has no increase, so it also counts if it did not exist an hour before.
      expression: `sum by (partition) (increase(${lost}[1h])) > 0 or sum by (partition) (${lost} unless ${lost} offset 1h) > 0`,
      lasting: '0m',
      severity: 'critical',
      summary: 'Kafka deleted records of partition {{ $labels.partition }} before they were stored',
      action: 'The chain has a gap. The retention was shorter than the outage: raise it.',
    },
    ...atMaximum('ConsumersAtMaximum', 'consumers', labels, consumer.replicas),
  ];
}
