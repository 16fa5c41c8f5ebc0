import {
  BytesIEC,
  BytesPerSecondIEC,
  CountsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import type { Dashboard, Panel } from '../../constructs/cluster/grafana-dashboards.ts';
import { CONSUMER } from '../../constructs/events/consumer.ts';
import type { Environment } from '../../environments/environment.ts';
import { ofWorkload } from '../alerts/series.ts';
import { nodePanels } from './processes.ts';
import { increase, mean, perSecond } from './queries.ts';

/** How far each partition's chain is, and what the consumers do with the object store. */
export function consumerDashboard({ namespaces }: Environment): Dashboard {
  const labels = ofWorkload(namespaces.pipeline, CONSUMER);
  const metric = (name: string): string => `headwater_consumer_${name}{${labels}}`;
  // While a partition changes hands both consumers may show it.
  const byPartition = (title: string, unit: string, name: string): Panel => ({
    title,
    unit,
    queries: [{ expression: `max by (partition) (${metric(name)})`, legend: '{{partition}}' }],
  });
  return {
    name: 'consumer',
    title: 'Consumer and chain',
    panels: [
      byPartition('Events not stored yet, by partition', Short, 'lag_records'),
      byPartition('Age of the oldest event not stored, by partition', Seconds, 'oldest_unstored_seconds'),
      byPartition('Stopped partitions', Short, 'partition_stopped'),
      {
        ...byPartition('Offsets lost in gaps, by partition', Short, 'gap_offsets_total'),
        description: 'Since the consumers started: Kafka had deleted them before they were stored.',
      },
      {
        title: 'Objects stored',
        unit: CountsPerSecond,
        queries: [{ expression: `sum(${perSecond(metric('objects_total'))})`, legend: 'objects' }],
      },
      {
        title: 'Bytes stored',
        description: 'As they are in the store: compressed where the codec compresses.',
        unit: BytesPerSecondIEC,
        queries: [{ expression: `sum(${perSecond(metric('object_bytes_total'))})`, legend: 'bytes' }],
      },
      {
        title: 'Records in an object, on average',
        unit: Short,
        queries: [{ expression: mean('headwater_consumer_object_records', labels), legend: 'records' }],
      },
      {
        title: 'Segments closed, by the limit that was reached',
        unit: CountsPerSecond,
        queries: [
          { expression: `sum by (reason) (${perSecond(metric('flushes_total'))})`, legend: '{{reason}}' },
        ],
      },
      {
        title: 'Requests to the store that were retried',
        unit: CountsPerSecond,
        queries: [
          {
            expression: `sum by (problem) (${perSecond(metric('store_retries_total'))})`,
            legend: '{{problem}}',
          },
        ],
      },
      {
        title: 'Changes of the writer',
        description:
          'Rebalances, writes refused because the object existed, and segments of another writer that count.',
        unit: Short,
        queries: [
          { expression: `sum(${increase(metric('rebalances_total'))})`, legend: 'rebalances' },
          { expression: `sum(${increase(metric('conflicts_total'))})`, legend: 'refused writes' },
          { expression: `sum(${increase(metric('adopted_segments_total'))})`, legend: 'adopted segments' },
        ],
      },
      {
        title: 'Memory of records',
        unit: BytesIEC,
        queries: [{ expression: metric('memory_bytes'), legend: '{{pod}} {{pool}}' }],
      },
      ...nodePanels(labels),
    ],
  };
}
