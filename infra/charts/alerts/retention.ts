import { CONSUMER } from '../../constructs/events/consumer.ts';
import { KAFKA_BROKERS } from '../../constructs/kafka/kafka.ts';
import type { Environment } from '../../environments/environment.ts';
import { toBytes, toMs } from '../../environments/quantities.ts';
import { ofWorkload, type WatchingAlert } from './series.ts';

/** Share of what Kafka keeps of a partition that may wait for the store before somebody is called. */
const SHARE = 0.5;

/** What both limits of a topic's retention leave of the events that are not stored, by partition, as PromQL. */
interface RetentionQueries {
  /** Seconds until Kafka deletes the first event that is not stored, for its age. */
  readonly secondsByAge: string;
  /** The same for the size of the partition, at the present rate. */
  readonly secondsBySize: string;
  /** Events that are not stored, and how many a full partition holds. */
  readonly unstored: string;
  readonly capacity: string;
  /** Series that they read. */
  readonly ageMetrics: readonly string[];
  readonly sizeMetrics: readonly string[];
}

/**
 * Of a consumer that is gone the last value counts, as far back as the retention: what it had not stored then is not stored
 * now. The brokers alone tell how the log has grown since.
 */
export function retentionQueries({ namespaces, topics, eventsTopic }: Environment): RetentionQueries {
  const consumers = ofWorkload(namespaces.pipeline, CONSUMER);
  const { retention = '1d', retentionPerPartition = '1Gi' } = topics[eventsTopic] ?? {};
  const written = `headwater_consumer_oldest_unstored_timestamp_seconds{${consumers}}`;
  const stored = `headwater_consumer_stored_offset{${consumers}}`;
  const ofLog = (name: string): string =>
    `kafka_log_log_${name}{${ofWorkload(namespaces.pipeline, KAFKA_BROKERS)},topic="${eventsTopic}"}`;
  const [end, start, size] = [ofLog('logendoffset'), ofLog('logstartoffset'), ofLog('size')];
  const newest = (series: string): string => `max by (partition) (${series})`;
  const last = (series: string): string => newest(`last_over_time(${series}[${retention}])`);
  // As many as there are now, scaled to the largest size.
  const capacity = `${toBytes(retentionPerPartition)} * (${newest(end)} - ${newest(start)}) / ${newest(size)}`;
  const unstored = `(${newest(end)} - ${last(stored)})`;
  // No event comes, none is deleted for the size.
  const perSecond = `(${newest(`rate(${end}[30m])`)} > 0)`;
  return {
    secondsByAge: `${toMs(retention) / 1000} - (time() - ${last(written)})`,
    secondsBySize: `(${capacity} - ${unstored}) / ${perSecond}`,
    unstored,
    capacity,
    ageMetrics: [written],
    sizeMetrics: [stored, end, start, size],
  };
}

/** Events that Kafka will delete before they are stored, where nothing changes. */
export function retentionAlerts(environment: Environment): readonly WatchingAlert[] {
  const {
    cleanup = 'delete',
    retention = '1d',
    retentionPerPartition,
  } = environment.topics[environment.eventsTopic] ?? {};
  if (!cleanup.includes('delete')) return [];
  const queries = retentionQueries(environment);
  const half = (toMs(retention) / 1000) * SHARE;
  const shared = {
    lasting: '5m',
    severity: 'critical',
    summary: `Kafka deletes events of partition {{ $labels.partition }} that are not stored in {{ $value | humanizeDuration }}`,
  } as const;
  return [
    {
      ...shared,
      name: 'EventsLostSoonByAge',
      expression: `${queries.secondsByAge} < ${half}`,
      metrics: queries.ageMetrics,
      action: `Half of the topic’s retention (${retention}) is over. Lengthen it now, then find why the consumers do not store: a longer retention takes effect at once.`,
    },
    {
      ...shared,
      name: 'EventsLostSoonBySize',
      expression: `${queries.secondsBySize} and ${queries.unstored} > ${SHARE} * ${queries.capacity}`,
      metrics: queries.sizeMetrics,
      action: `Half of what Kafka keeps of a partition (${retentionPerPartition}) waits for the store. Raise retentionPerPartition now if the volumes have room, then find why the consumers do not store.`,
    },
  ];
}
