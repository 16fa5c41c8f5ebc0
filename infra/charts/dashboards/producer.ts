import { BytesIEC, CountsPerSecond, RequestsPerSecond, Short } from '@grafana/grafana-foundation-sdk/units';
import type { Dashboard } from '../../constructs/cluster/grafana-dashboards.ts';
import { PRODUCER } from '../../constructs/events/producer.ts';
import type { Environment } from '../../environments/environment.ts';
import { ofWorkload } from '../alerts/series.ts';
import { nodePanels } from './processes.ts';
import { mean, perSecond } from './queries.ts';

/** What the producers answer, and what waits in them for Kafka. */
export function producerDashboard({ namespaces }: Environment): Dashboard {
  const labels = ofWorkload(namespaces.pipeline, PRODUCER);
  const metric = (name: string): string => `headwater_producer_${name}{${labels}}`;
  const requests = metric('request_duration_seconds_count');
  return {
    name: 'producer',
    title: 'Producer',
    panels: [
      {
        title: 'Events by answer',
        unit: CountsPerSecond,
        queries: [
          { expression: `sum by (code) (${perSecond(metric('records_total'))})`, legend: '{{code}}' },
        ],
      },
      {
        title: 'Requests by status',
        unit: RequestsPerSecond,
        queries: [{ expression: `sum by (status) (${perSecond(requests)})`, legend: '{{status}}' }],
      },
      {
        title: 'Requests by pod',
        unit: RequestsPerSecond,
        queries: [{ expression: `sum by (pod) (${perSecond(requests)})`, legend: '{{pod}}' }],
      },
      {
        title: 'Attempts to produce a batch, by result',
        unit: CountsPerSecond,
        queries: [
          {
            expression: `sum by (result) (${perSecond(metric('produce_attempts_total'))})`,
            legend: '{{result}}',
          },
        ],
      },
      {
        title: 'Records that wait for Kafka',
        unit: Short,
        queries: [{ expression: metric('queue_records'), legend: '{{pod}}' }],
      },
      {
        title: 'Bytes that wait for Kafka',
        description: 'Above the limit of the queue an event is answered queue_full.',
        unit: BytesIEC,
        queries: [{ expression: metric('queue_bytes'), legend: '{{pod}}' }],
      },
      {
        title: 'Records in a batch, on average',
        unit: Short,
        queries: [{ expression: mean('headwater_producer_batch_records', labels), legend: 'records' }],
      },
      ...nodePanels(labels),
    ],
  };
}
