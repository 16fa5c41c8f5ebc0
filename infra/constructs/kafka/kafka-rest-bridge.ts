import { Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ConfigFiles, renderProperties } from '../workloads/config-files.ts';
import { javaClientProperties, KAFKA_CLIENT_FILES, kafkaClientMounts } from './kafka-client-files.ts';
import type { KafkaEndpoint } from './kafka-endpoint.ts';
import type { Identity } from '../workloads/labels.ts';
import { RestrictedDeployment, workloadService } from '../workloads/restricted-deployment.ts';
import type { ResourcesProps } from '../workloads/restricted-pod.ts';

export const KAFKA_REST_BRIDGE: Identity = { name: 'kafka-rest-bridge', component: 'access' };
export const KAFKA_REST_BRIDGE_PORTS = { http: 8080, management: 8081 } as const;

export interface KafkaRestBridgeProps {
  readonly namespace: string;
  /** Image of strimzi/kafka-bridge. */
  readonly image: string;
  readonly kafka: KafkaEndpoint;
  readonly replicas: number;
  readonly resources: ResourcesProps;
}

/**
 * Kafka over HTTP for tools without a Kafka client: Strimzi's bridge, inside the cluster only. It has no login, so it
 * gets no route at the edge, and network policies name its callers. A consumer lives in one pod, so several replicas
 * only share producing.
 */
export class KafkaRestBridge extends Construct {
  constructor(scope: Construct, id: string, props: KafkaRestBridgeProps) {
    super(scope, id);
    const { namespace, image, kafka, replicas, resources } = props;
    const { name } = KAFKA_REST_BRIDGE;
    const { http, management } = KAFKA_REST_BRIDGE_PORTS;

    const config = new ConfigFiles(this, 'Config', {
      name,
      namespace,
      identity: KAFKA_REST_BRIDGE,
      files: { 'application.properties': bridgeProperties(kafka), 'log4j2.properties': LOG4J },
    });
    new RestrictedDeployment(this, 'Pods', {
      name,
      namespace,
      identity: KAFKA_REST_BRIDGE,
      image,
      replicas,
      resources,
      // The image's default command reads no configuration; this one reads the directory below, like Strimzi's
      // operator.
      command: ['/opt/strimzi/bin/docker/kafka_bridge_run.sh'],
      ports: KAFKA_REST_BRIDGE_PORTS,
      variables: { STRIMZI_JAVA_OPTS: '-XX:MaxRAMPercentage=60' },
      podAnnotations: config.podAnnotations,
      mounts: [
        { kind: 'config', files: config, path: '/opt/strimzi/custom-config' },
        { kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(64) },
        ...kafkaClientMounts(kafka),
      ],
      readiness: Probe.fromHttpGet('/ready', { port: management, periodSeconds: Duration.seconds(10) }),
      liveness: Probe.fromHttpGet('/healthy', {
        port: management,
        initialDelaySeconds: Duration.seconds(30),
        failureThreshold: 6,
      }),
      preStopSleep: Duration.seconds(5),
      terminationGracePeriod: Duration.seconds(30),
    });
    workloadService(this, 'Service', { name, namespace, identity: KAFKA_REST_BRIDGE, ports: { http } });
  }
}

/** Logs to standard output, without a line for each probe. */
const LOG4J = renderProperties({
  name: 'Bridge',
  'appender.console.type': 'Console',
  'appender.console.name': 'STDOUT',
  'appender.console.layout.type': 'JsonTemplateLayout',
  'rootLogger.level': 'INFO',
  'rootLogger.appenderRef.console.ref': 'STDOUT',
  'logger.healthy.name': 'http.openapi.operation.healthy',
  'logger.healthy.level': 'WARN',
  'logger.ready.name': 'http.openapi.operation.ready',
  'logger.ready.level': 'WARN',
});

function bridgeProperties(kafka: KafkaEndpoint): string {
  const [directory = '', file = ''] = KAFKA_CLIENT_FILES.password.split(/\/(?=[^/]*$)/);
  const client = javaClientProperties(kafka, `\${dir:${directory}:${file}}`);
  return renderProperties({
    'bridge.id': KAFKA_REST_BRIDGE.name,
    'bridge.metrics': 'strimziMetricsReporter',
    'http.cors.enabled': false,
    'http.host': '0.0.0.0',
    'http.management.port': KAFKA_REST_BRIDGE_PORTS.management,
    'http.port': KAFKA_REST_BRIDGE_PORTS.http,
    'kafka.bootstrap.servers': kafka.bootstrapServers,
    'kafka.config.providers': 'dir',
    'kafka.config.providers.dir.class': 'org.apache.kafka.common.config.provider.DirectoryConfigProvider',
    'kafka.consumer.auto.offset.reset': 'earliest',
    // The bridge's default is acks=1, which loses records when a broker fails.
    'kafka.producer.acks': 'all',
    'kafka.producer.enable.idempotence': true,
    ...Object.fromEntries(Object.entries(client).map(([key, value]) => [`kafka.${key}`, value])),
  });
}
