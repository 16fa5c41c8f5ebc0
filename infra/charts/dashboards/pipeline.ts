import { CountsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { jobOf } from '../../constructs/cluster/monitoring.ts';
import type { Dashboard } from '../../constructs/cluster/grafana-dashboards.ts';
import { CONSUMER } from '../../constructs/events/consumer.ts';
import { PRODUCER } from '../../constructs/events/producer.ts';
import type { Environment } from '../../environments/environment.ts';
import { retentionQueries } from '../alerts/retention.ts';
import { ofWorkload } from '../alerts/series.ts';
import { scrapedPods } from '../scraped-pods.ts';
import { halfAndMost, perSecond } from './queries.ts';

/** Whether events come in, whether they are stored, and how far the one is behind the other. */
export function pipelineDashboard(environment: Environment): Dashboard {
  const { namespaces, topics, eventsTopic } = environment;
  const producers = ofWorkload(namespaces.pipeline, PRODUCER);
  const consumers = ofWorkload(namespaces.pipeline, CONSUMER);
  const answered = `headwater_producer_records_total{${producers}`;
  const oldest = `headwater_consumer_oldest_unstored_seconds{${consumers}}`;
  const lag = `headwater_consumer_lag_records{${consumers}}`;
  const jobs = scrapedPods(environment).map(({ namespace, identity }) => jobOf(namespace, identity));
  const { partitions = 1, retention = '0s' } = topics[eventsTopic] ?? {};
  const { secondsByAge, secondsBySize } = retentionQueries(environment);
  return {
    name: 'pipeline',
    title: 'Pipeline',
    panels: [
      {
        title: 'Events accepted and stored',
        unit: CountsPerSecond,
        queries: [
          { expression: `sum(${perSecond(`${answered},code="stored"}`)})`, legend: 'accepted' },
          {
            expression: `sum(${perSecond(`headwater_consumer_records_total{${consumers}}`)})`,
            legend: 'stored',
          },
        ],
      },
      {
        title: 'Events not accepted',
        description: 'By the error code of the answer (docs/http.md). Of invalid_* the client is the cause.',
        unit: CountsPerSecond,
        queries: [
          { expression: `sum by (code) (${perSecond(`${answered},code!="stored"}`)})`, legend: '{{code}}' },
        ],
      },
      {
        title: 'Events not stored yet',
        unit: Short,
        queries: [
          { expression: `sum(${lag})`, legend: 'all partitions' },
          { expression: `max(${lag})`, legend: 'the worst partition' },
        ],
      },
      {
        title: 'Age of the oldest event not stored',
        description: `By its record's timestamp: about what an event takes from its acceptance to the store. Kafka deletes it after ${retention}. A partition that no consumer owns is not seen.`,
        unit: Seconds,
        queries: [{ expression: `max(${oldest})`, legend: 'the worst partition' }],
      },
      {
        title: 'Time until Kafka deletes an event that is not stored',
        description:
          'Of the worst partition, by both limits of its retention. By size: at the rate of the last 30 minutes.',
        unit: Seconds,
        queries: [
          { expression: `min(${secondsByAge})`, legend: 'by age' },
          { expression: `min(${secondsBySize})`, legend: 'by size' },
        ],
      },
      {
        title: 'Time to answer a request',
        unit: Seconds,
        queries: halfAndMost('headwater_producer_request_duration_seconds', producers),
      },
      {
        title: 'Partitions',
        description: `${partitions} should be owned, none stopped.`,
        unit: Short,
        queries: [
          { expression: `count(count by (partition) (${oldest}))`, legend: 'owned' },
          { expression: `sum(headwater_consumer_partition_stopped{${consumers}})`, legend: 'stopped' },
        ],
      },
      {
        title: 'Pods that are ready',
        unit: Short,
        queries: [
          { expression: `sum(headwater_ready{${producers}})`, legend: 'producers' },
          { expression: `sum(headwater_ready{${consumers}})`, legend: 'consumers' },
        ],
      },
      {
        title: 'Pods that answer Prometheus',
        unit: Short,
        queries: [{ expression: `sum by (job) (up{job=~"${jobs.join('|')}"})`, legend: '{{job}}' }],
      },
    ],
  };
}
