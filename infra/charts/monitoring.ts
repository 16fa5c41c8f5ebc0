import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { CONSUMER } from '../constructs/consumer.ts';
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
    const { metadata } = environment.kafka;
    const keepers: readonly ScrapedWorkload[] =
      metadata.mode === 'zookeeper'
        ? [{ identity: ZOOKEEPER, port: 'metrics' }]
        : metadata.controllers.placement === 'separate'
          ? [{ identity: KAFKA_CONTROLLERS, port: 'metrics' }]
          : [];
    new Monitoring(this, 'Pipeline', {
      namespace: environment.namespaces.pipeline,
      workloads: [
        ...keepers,
        { identity: KAFKA_BROKERS, port: 'metrics' },
        { identity: PRODUCER, port: 'http' },
        { identity: CONSUMER, port: 'http' },
      ],
      alerts: alerts(environment),
    });
  }
}
