import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { CONSUMER } from '../constructs/consumer.ts';
import { FLUENTD } from '../constructs/fluentd.ts';
import { INGRESS_NGINX } from '../constructs/ingress-nginx.ts';
import { KAFKA_CONTROLLERS } from '../constructs/kafka-controllers.ts';
import { KAFKA_BROKERS } from '../constructs/kafka.ts';
import { Monitoring, type ScrapedWorkload } from '../constructs/monitoring.ts';
import { PRODUCER } from '../constructs/producer.ts';
import { ZOOKEEPER } from '../constructs/zookeeper.ts';
import type { Environment } from '../environments/environment.ts';
import { alerts } from './alerts.ts';

/** What is scraped, and what wakes somebody. */
export class MonitoringChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, { disableResourceNameHashes: true });
    const { namespaces, edge, logging } = environment;
    const { metadata } = environment.kafka;
    const keepers: readonly ScrapedWorkload[] =
      metadata.mode === 'zookeeper'
        ? [{ identity: ZOOKEEPER, port: 'metrics' }]
        : metadata.controllers.placement === 'separate'
          ? [{ identity: KAFKA_CONTROLLERS, port: 'metrics' }]
          : [];
    new Monitoring(this, 'Pipeline', {
      namespace: namespaces.pipeline,
      workloads: [
        ...keepers,
        { identity: KAFKA_BROKERS, port: 'metrics' },
        { identity: PRODUCER, port: 'http' },
        { identity: CONSUMER, port: 'http' },
      ],
      alerts: alerts(environment),
    });
    // Filebeat's own figures are JSON, which Prometheus does not read.
    if (logging.collector === 'fluentd') {
      new Monitoring(this, 'Logging', {
        namespace: namespaces.logging,
        workloads: [{ identity: FLUENTD, port: 'metrics' }],
      });
    }
    if (edge.kind === 'ingress' && edge.controller !== undefined) {
      new Monitoring(this, 'Edge', {
        namespace: namespaces.ingress,
        workloads: [{ identity: INGRESS_NGINX, port: 'metrics' }],
      });
    }
  }
}
