import { BytesIEC, CountsPerSecond, Milliseconds, Short } from '@grafana/grafana-foundation-sdk/units';
import type { Dashboard, Panel } from '../../constructs/cluster/grafana-dashboards.ts';
import { KAFKA_CONTROLLERS } from '../../constructs/kafka/kafka-controllers.ts';
import { KAFKA_BROKERS } from '../../constructs/kafka/kafka.ts';
import { ZOOKEEPER } from '../../constructs/zookeeper/zookeeper.ts';
import type { Environment } from '../../environments/environment.ts';
import { ofWorkload } from '../alerts/series.ts';
import { processPanels } from './processes.ts';
import { perSecond } from './queries.ts';

/** The quorum that keeps Kafka's metadata. */
export function quorumDashboard({ namespaces, kafka }: Environment): Dashboard {
  const { metadata } = kafka;
  if (metadata.mode === 'zookeeper') {
    const labels = ofWorkload(namespaces.pipeline, ZOOKEEPER);
    return {
      name: 'zookeeper',
      title: 'ZooKeeper',
      panels: zooKeeperPanels(labels, metadata.ensemble.servers),
    };
  }
  const separate = metadata.controllers.placement === 'separate';
  const labels = ofWorkload(namespaces.pipeline, separate ? KAFKA_CONTROLLERS : KAFKA_BROKERS);
  return {
    name: 'controllers',
    title: 'Kafka controllers',
    panels: [...controllerPanels(labels), ...(separate ? processPanels(labels) : [])],
  };
}

function zooKeeperPanels(labels: string, servers: number): readonly Panel[] {
  const byPod = (title: string, unit: string, name: string): Panel => ({
    title,
    unit,
    queries: [{ expression: `${name}{${labels}}`, legend: '{{pod}}' }],
  });
  return [
    {
      title: 'Servers',
      description: `${servers} should answer, and all but the leader follow it.`,
      unit: Short,
      queries: [
        { expression: `sum(up{${labels}})`, legend: 'answer' },
        // A server that stands alone leads nobody, and has no such series.
        ...(servers === 1 ? [] : [{ expression: `max(synced_followers{${labels}})`, legend: 'follow' }]),
      ],
    },
    byPod('Time of a request, on average', Milliseconds, 'avg_latency'),
    byPod('Requests that wait', Short, 'outstanding_requests'),
    byPod('Connections', Short, 'num_alive_connections'),
    byPod('Nodes', Short, 'znode_count'),
    byPod('Size of all nodes', BytesIEC, 'approximate_data_size'),
    ...processPanels(labels),
  ];
}

function controllerPanels(labels: string): readonly Panel[] {
  const metric = (name: string): string => `kafka_${name}{${labels}}`;
  const controller = (name: string): string => metric(`controller_kafkacontroller_${name}`);
  return [
    {
      title: 'Active controllers',
      description: 'One, and no other number.',
      unit: Short,
      queries: [{ expression: `sum(${controller('activecontrollercount')})`, legend: 'active' }],
    },
    {
      title: 'Leader of the quorum, as each controller knows it',
      description: 'The id of a controller; -1 while it knows none.',
      unit: Short,
      queries: [{ expression: metric('server_raft_current_leader'), legend: '{{pod}}' }],
    },
    {
      title: 'Metadata records that a controller lacks',
      unit: Short,
      queries: [
        {
          expression: `scalar(max(${metric('server_raft_log_end_offset')})) - ${metric('server_raft_log_end_offset')}`,
          legend: '{{pod}}',
        },
      ],
    },
    {
      title: 'Metadata records committed',
      unit: CountsPerSecond,
      queries: [{ expression: `max(${perSecond(metric('server_raft_high_watermark'))})`, legend: 'records' }],
    },
    {
      title: 'Brokers',
      unit: Short,
      queries: [
        { expression: `max(${controller('activebrokercount')})`, legend: 'active' },
        { expression: `max(${controller('fencedbrokercount')})`, legend: 'fenced' },
      ],
    },
    {
      title: 'Errors in metadata',
      description: 'Since each controller started.',
      unit: Short,
      queries: [{ expression: controller('metadataerrorcount'), legend: '{{pod}}' }],
    },
  ];
}
