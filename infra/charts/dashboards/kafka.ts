import {
  BytesIEC,
  BytesPerSecondIEC,
  CountsPerSecond,
  Milliseconds,
  PercentUnit,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import type { Dashboard } from '../../constructs/cluster/grafana-dashboards.ts';
import { KAFKA_BROKERS } from '../../constructs/kafka/kafka.ts';
import type { Environment } from '../../environments/environment.ts';
import { inNamespace, ofWorkload } from '../alerts/series.ts';
import { freeShare } from '../alerts/volumes.ts';
import { processPanels } from './processes.ts';
import { increase, perSecond } from './queries.ts';

/** What brokers take and give, and what their partitions lack. */
export function kafkaDashboard({ namespaces, topics }: Environment): Dashboard {
  const labels = ofWorkload(namespaces.pipeline, KAFKA_BROKERS);
  const server = (name: string, more = ''): string => `kafka_server_${name}{${labels}${more}}`;
  const controllers = `kafka_controller_kafkacontroller_offlinepartitionscount{${inNamespace(namespaces.pipeline)}}`;
  // What all topics come to is a series of its own, without the label; Kafka's own topics would be 50 partitions more.
  const ofTopics = `,topic=~"${Object.keys(topics).join('|')}"`;
  const traffic = (direction: string): string =>
    `sum(${perSecond(server(`brokertopicmetrics_bytes${direction}_total`, ',topic=""'))})`;
  return {
    name: 'kafka',
    title: 'Kafka',
    panels: [
      {
        title: 'Records in, by topic',
        unit: CountsPerSecond,
        queries: [
          {
            expression: `sum by (topic) (${perSecond(server('brokertopicmetrics_messagesin_total', ofTopics))})`,
            legend: '{{topic}}',
          },
        ],
      },
      {
        title: 'Bytes in and out',
        description: 'Of clients, without replication.',
        unit: BytesPerSecondIEC,
        queries: [
          { expression: traffic('in'), legend: 'in' },
          { expression: traffic('out'), legend: 'out' },
        ],
      },
      {
        title: 'Partitions that lack something',
        unit: Short,
        queries: [
          { expression: `sum(${controllers})`, legend: 'without leader' },
          {
            expression: `sum(${server('replicamanager_underminisrpartitioncount')})`,
            legend: 'refuse writes',
          },
          {
            expression: `sum(${server('replicamanager_underreplicatedpartitions')})`,
            legend: 'under-replicated',
          },
        ],
      },
      {
        title: 'Replicas that left or joined those in sync',
        unit: Short,
        queries: [
          { expression: `sum(${increase(server('replicamanager_isrshrinks_total'))})`, legend: 'left' },
          { expression: `sum(${increase(server('replicamanager_isrexpands_total'))})`, legend: 'joined' },
        ],
      },
      {
        title: 'Time of a produce request, 99 %',
        description: 'As the broker measures it, the wait for its followers in it.',
        unit: Milliseconds,
        queries: [
          {
            expression: `kafka_network_requestmetrics_totaltimems_p99{${labels},request="Produce"}`,
            legend: '{{pod}}',
          },
        ],
      },
      {
        title: 'Request handlers idle',
        description: 'From 0 to 1; Kafka’s documentation wants more than 0.3.',
        unit: PercentUnit,
        queries: [
          {
            expression: server('kafkarequesthandlerpool_requesthandleravgidlepercent'),
            legend: '{{pod}}',
          },
        ],
      },
      {
        title: 'Partitions led',
        unit: Short,
        queries: [{ expression: server('replicamanager_leadercount'), legend: '{{pod}}' }],
      },
      {
        title: 'Failed logins, by listener',
        unit: CountsPerSecond,
        queries: [
          {
            expression: `sum by (listener) (${perSecond(server('socket_server_metrics_failed_authentication_total'))})`,
            legend: '{{listener}}',
          },
        ],
      },
      {
        title: 'Size of the log, by topic',
        description: 'All replicas.',
        unit: BytesIEC,
        queries: [
          { expression: `sum by (topic) (kafka_log_log_size{${labels}${ofTopics}})`, legend: '{{topic}}' },
        ],
      },
      {
        title: 'Volumes: free share',
        unit: PercentUnit,
        queries: [{ expression: freeShare(namespaces.pipeline), legend: '{{persistentvolumeclaim}}' }],
      },
      {
        title: 'Heap in use',
        unit: BytesIEC,
        queries: [{ expression: `jvm_memory_used_bytes{${labels},area="heap"}`, legend: '{{pod}}' }],
      },
      ...processPanels(labels),
    ],
  };
}
