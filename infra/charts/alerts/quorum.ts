import { KAFKA_CONTROLLERS } from '../../constructs/kafka/kafka-controllers.ts';
import { ZOOKEEPER } from '../../constructs/zookeeper/zookeeper.ts';
import type { Environment } from '../../environments/environment.ts';
import { ofWorkload, orZero, podsUp, type WatchingAlert } from './series.ts';

/** The quorum with Kafka's metadata, if it has its own pods. */
export function quorumAlerts({ namespaces, kafka }: Environment): readonly WatchingAlert[] {
  const { metadata } = kafka;
  if (metadata.mode === 'zookeeper') {
    const { servers } = metadata.ensemble;
    const labels = ofWorkload(namespaces.pipeline, ZOOKEEPER);
    // Only the leader has this metric. Kafka keeps reporting its last controller as active.
    const followers = orZero(`max(synced_followers{${labels}})`);
    const alone = servers === 1;
    return [
      {
        name: 'ZooKeeperQuorumLost',
        expression: alone
          ? `${podsUp(labels)} < 1`
          : `${podsUp(labels)} < ${majority(servers)} or ${followers} < ${majority(servers) - 1}`,
        lasting: '3m',
        severity: 'critical',
        summary: `ZooKeeper has no majority of its ${servers} servers`,
        action:
          'Kafka continues with its current metadata: no leader moves, no broker can return, no topic changes. Restore servers before any broker restarts.',
      },
      ...(alone ? [] : [missing('ZooKeeperServersMissing', 'ZooKeeper servers', labels, servers)]),
    ];
  }
  if (metadata.controllers.placement === 'combined') return [];
  const { replicas } = metadata.controllers;
  const labels = ofWorkload(namespaces.pipeline, KAFKA_CONTROLLERS);
  return [
    {
      name: 'KafkaControllersDown',
      expression: `${podsUp(labels)} < ${majority(replicas)}`,
      lasting: '3m',
      severity: 'critical',
      summary: `Only {{ $value }} of ${replicas} controllers respond, which is no majority`,
      action:
        'No leader moves, no broker can return, no topic changes. Check the pods, their claims and nodes.',
    },
    ...(replicas === 1 ? [] : [missing('KafkaControllersMissing', 'controllers', labels, replicas)]),
  ];
}

function missing(name: string, what: string, labels: string, wanted: number): WatchingAlert {
  return {
    name,
    expression: `${podsUp(labels)} < ${wanted}`,
    lasting: '15m',
    severity: 'warning',
    summary: `Only {{ $value }} of ${wanted} ${what} respond`,
    action: 'The loss of one more may end the majority. Check the pod, its claims and its node.',
  };
}

function majority(servers: number): number {
  return Math.floor(servers / 2) + 1;
}
