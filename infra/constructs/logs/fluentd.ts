import { Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ConfigFiles } from '../workloads/config-files.ts';
import { FLUENTD_METRICS_PORT, fluentdConfiguration } from './fluentd-configuration.ts';
import { FLUENTD_STATE_PATH } from './fluentd-delivery.ts';
import type { Identity } from '../workloads/labels.ts';
import { NodeCollector } from './node-collector.ts';
import { requireThat } from '../workloads/requirements.ts';
import type { ResourcesProps } from '../workloads/restricted-pod.ts';
import { searchMounts, warnOfPlainText, type SearchEndpoint } from './search-endpoint.ts';

export const FLUENTD: Identity = { name: 'fluentd', component: 'logging' };

/** Least disk for the buffers. */
const LEAST_VOLUME = Size.mebibytes(256);

export interface FluentdProps {
  readonly namespace: string;
  /** Image of fluent/fluentd-kubernetes-daemonset for the endpoint's product. */
  readonly image: string;
  readonly search: SearchEndpoint;
  readonly resources: ResourcesProps;
  /** The buffer on the node's disk. */
  readonly buffer: {
    /** Disk of the node for the buffer: when it is full, reading pauses. */
    readonly volume: Size;
    /** @default Duration.seconds(5) */
    readonly flushInterval?: Duration;
  };
  /** Reads the node's journal as well. @default false */
  readonly readsJournald?: boolean;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
}

/** Sends the logs of every pod to Elasticsearch or OpenSearch, with one Fluentd on each node. */
export class Fluentd extends Construct {
  constructor(scope: Construct, id: string, props: FluentdProps) {
    super(scope, id);
    const { namespace, image, search, resources, buffer, priorityClassName } = props;
    const { readsJournald = false } = props;
    const { volume, flushInterval = Duration.seconds(5) } = buffer;

    warnOfPlainText(this, 'fluentd', search);
    requireThat(this, volume.toMebibytes() >= LEAST_VOLUME.toMebibytes(), {
      subject: 'fluentd',
      property: 'buffer.volume',
      value: `${volume.toMebibytes()} MiB`,
      allowed: `at least ${LEAST_VOLUME.toMebibytes()} MiB`,
      because: 'each container has its own chunk of up to 1 MiB',
    });

    const config = new ConfigFiles(this, 'Config', {
      name: FLUENTD.name,
      namespace,
      identity: FLUENTD,
      files: fluentdConfiguration({
        search,
        namespace,
        readsJournald,
        buffer: {
          volumeBytes: volume.toKibibytes() * 1024,
          flushIntervalSeconds: flushInterval.toSeconds(),
        },
      }),
    });
    new NodeCollector(this, 'Collector', {
      name: FLUENTD.name,
      namespace,
      identity: FLUENTD,
      image,
      resources,
      ...(priorityClassName !== undefined && { priorityClassName }),
      ports: { metrics: FLUENTD_METRICS_PORT },
      // The kubernetes_metadata filter watches the pods of this node only.
      nodeNameVariable: 'K8S_NODE_NAME',
      // `disable` is the upstream value. With `disabled`, as it is often written, the image looks for disabled.conf.
      variables: { FLUENTD_SYSTEMD_CONF: readsJournald ? 'systemd' : 'disable' },
      podAnnotations: config.podAnnotations,
      mounts: [
        { kind: 'config', files: config, path: '/fluentd/etc' },
        { kind: 'host', name: 'state', path: FLUENTD_STATE_PATH, writable: true },
        { kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(64) },
        ...searchMounts(search),
      ],
      readiness: Probe.fromHttpGet('/metrics', {
        port: FLUENTD_METRICS_PORT,
        periodSeconds: Duration.seconds(30),
        timeoutSeconds: Duration.seconds(10),
      }),
      // Liveness: it accepts connections. A restart would not help against a search cluster that is down.
      liveness: Probe.fromTcpSocket({
        port: FLUENTD_METRICS_PORT,
        initialDelaySeconds: Duration.seconds(60),
        periodSeconds: Duration.seconds(30),
        failureThreshold: 6,
      }),
    });
  }
}
