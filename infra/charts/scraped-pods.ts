import { CONSUMER } from '../constructs/events/consumer.ts';
import { FLUENTD } from '../constructs/logs/fluentd.ts';
import { INGRESS_NGINX } from '../constructs/edge/ingress-nginx.ts';
import { KAFKA_CONTROLLERS } from '../constructs/kafka/kafka-controllers.ts';
import { KAFKA_BROKERS } from '../constructs/kafka/kafka.ts';
import type { ScrapedWorkload } from '../constructs/cluster/monitoring.ts';
import { PRODUCER } from '../constructs/events/producer.ts';
import { ZOOKEEPER } from '../constructs/zookeeper/zookeeper.ts';
import type { Environment } from '../environments/environment.ts';

/** A workload whose pods serve metrics, and its namespace. */
export interface ScrapedPods extends ScrapedWorkload {
  readonly namespace: string;
}

/** Every workload of an environment with metrics in Prometheus' format. */
export function scrapedPods({ namespaces, kafka, edge, logging }: Environment): readonly ScrapedPods[] {
  const { pipeline } = namespaces;
  const { metadata } = kafka;
  return [
    ...(metadata.mode === 'zookeeper'
      ? [{ namespace: pipeline, identity: ZOOKEEPER, port: 'metrics' }]
      : metadata.controllers.placement === 'separate'
        ? [{ namespace: pipeline, identity: KAFKA_CONTROLLERS, port: 'metrics' }]
        : []),
    { namespace: pipeline, identity: KAFKA_BROKERS, port: 'metrics' },
    { namespace: pipeline, identity: PRODUCER, port: 'http' },
    { namespace: pipeline, identity: CONSUMER, port: 'http' },
    // Filebeat's own metrics are JSON, which Prometheus does not read.
    ...(logging.collector === 'fluentd'
      ? [{ namespace: namespaces.logging, identity: FLUENTD, port: 'metrics' }]
      : []),
    ...(edge.kind === 'ingress' && edge.controller !== undefined
      ? [{ namespace: namespaces.ingress, identity: INGRESS_NGINX, port: 'metrics' }]
      : []),
  ];
}
