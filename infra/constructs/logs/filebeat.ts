import { Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ConfigFiles } from '../workloads/config-files.ts';
import {
  FILEBEAT_CONFIG_PATH,
  FILEBEAT_HTTP_PORT,
  FILEBEAT_STATE_PATH,
  filebeatCommand,
  filebeatConfiguration,
  type LogDestination,
} from './filebeat-configuration.ts';
import { kafkaClientMounts } from '../kafka/kafka-client-files.ts';
import type { Identity } from '../workloads/labels.ts';
import type { Login } from './logins.ts';
import type { Mount } from '../workloads/mounts.ts';
import { NodeCollector } from './node-collector.ts';
import { requireThat } from '../workloads/requirements.ts';
import type { ResourcesProps } from '../workloads/restricted-pod.ts';
import { searchMounts, warnOfPlainText } from './search-endpoint.ts';

export const FILEBEAT: Identity = { name: 'filebeat', component: 'logging' };

export interface FilebeatProps {
  readonly namespace: string;
  readonly image: string;
  readonly destination: LogDestination;
  readonly resources: ResourcesProps;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
}

/**
 * Sends the logs of every pod to Elasticsearch or Kafka, with one Filebeat on each node. It has no buffer of its own:
 * the read position advances after delivery, so the kubelet's log files are the buffer.
 */
export class Filebeat extends Construct {
  constructor(scope: Construct, id: string, props: FilebeatProps) {
    super(scope, id);
    const { namespace, image, destination, resources, priorityClassName } = props;

    if (destination.kind === 'search') {
      requireElasticsearch(this, 'filebeat', destination.search.product);
      warnOfPlainText(this, 'filebeat', destination.search);
    }
    const config = new ConfigFiles(this, 'Config', {
      name: FILEBEAT.name,
      namespace,
      identity: FILEBEAT,
      files: { 'filebeat.yml': filebeatConfiguration({ namespace, destination }) },
    });
    new NodeCollector(this, 'Collector', {
      name: FILEBEAT.name,
      namespace,
      identity: FILEBEAT,
      image,
      resources,
      ...(priorityClassName !== undefined && { priorityClassName }),
      command: filebeatCommand(destinationLogins(destination)),
      ports: { http: FILEBEAT_HTTP_PORT },
      nodeNameVariable: 'NODE_NAME',
      podAnnotations: config.podAnnotations,
      mounts: [
        { kind: 'config', files: config, path: FILEBEAT_CONFIG_PATH },
        { kind: 'host', name: 'state', path: FILEBEAT_STATE_PATH, writable: true },
        { kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(64) },
        ...destinationMounts(destination),
      ],
      ...FILEBEAT_PROBES,
    });
  }
}

/** Readiness: the HTTP endpoint serves its counters. Liveness: it accepts connections. */
export const FILEBEAT_PROBES = {
  readiness: Probe.fromHttpGet('/', { port: FILEBEAT_HTTP_PORT, periodSeconds: Duration.seconds(30) }),
  liveness: Probe.fromTcpSocket({
    port: FILEBEAT_HTTP_PORT,
    initialDelaySeconds: Duration.seconds(60),
    periodSeconds: Duration.seconds(30),
    failureThreshold: 6,
  }),
} as const;

/** Filebeat checks the licence of the cluster, and sends nothing to a cluster without one. */
export function requireElasticsearch(scope: Construct, subject: string, product: string): void {
  requireThat(scope, product === 'elasticsearch', {
    subject,
    property: 'search.product',
    value: product,
    allowed: 'elasticsearch',
    because: 'Filebeat after 7.12 refuses OpenSearch, Fluentd and Logstash have plugins for it',
  });
}

function destinationLogins(destination: LogDestination): readonly Login[] {
  if (destination.kind === 'search') return ['search'];
  return destination.kafka.login === undefined ? [] : ['kafka'];
}

function destinationMounts(destination: LogDestination): readonly Mount[] {
  if (destination.kind === 'search') return searchMounts(destination.search);
  return kafkaClientMounts(destination.kafka);
}
