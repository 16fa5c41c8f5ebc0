import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { KafkaEndpoint } from '../constructs/kafka-endpoint.ts';
import type { Environment } from '../environments/environment.ts';

/** ZooKeeper or controllers, brokers and topics. */
export class MessagingChart extends Chart {
  readonly kafka: KafkaEndpoint;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, { disableResourceNameHashes: true });
    this.kafka = {
      bootstrapServers: `kafka-bootstrap.${environment.namespaces.pipeline}.svc.${environment.clusterDomain}:9092`,
    };
  }
}
