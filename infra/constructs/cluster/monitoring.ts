import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import type { IPrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';

export const MONITORING: Identity = { name: 'headwater', component: 'monitoring' };
export const SCRAPE_INTERVAL = '30s';

/** A workload whose pods serve `/metrics`. */
export interface ScrapedWorkload {
  readonly identity: Identity;
  /** Name of the container port. */
  readonly port: string;
}

/** One alert: what is wrong, for how long, and what to do. */
export interface Alert {
  readonly name: string;
  /** PromQL that is true while the alert fires. */
  readonly expression: string;
  /** How long it must be true before the alert fires, in Prometheus' notation: `5m`. */
  readonly lasting: string;
  /** `critical` pages the person on call, `warning` can wait until the morning. */
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  /** What to look at, and what to do. */
  readonly action: string;
  /** Page and section of its runbook, relative to the runbooks' address: `kafka.md#kafkabrokersdown`. */
  readonly runbook: string;
}

export interface MonitoringProps {
  readonly namespace: string;
  /** @default - none: what stands in another namespace has its own monitors */
  readonly workloads?: readonly ScrapedWorkload[];
  /** @default - none */
  readonly alerts?: readonly Alert[];
  /** Base address of the runbooks. @default - the alerts have no link */
  readonly runbooks?: string | undefined;
  /** Labels by which a Prometheus selects these objects, besides the labels of every object. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The label `job` of what a workload's monitor finds, as the operator makes it. */
export function jobOf(namespace: string, identity: Identity): string {
  return `${namespace}/${monitorName(identity)}`;
}

function monitorName({ name, component }: Identity): string {
  return `${name}-${component}`;
}

/** Monitors and rules for the Prometheus operator, whose kinds must exist in the cluster. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { namespace, workloads = [], alerts = [], runbooks } = props;
    const labels = { ...objectLabels(MONITORING), ...props.labels };

    for (const { identity, port } of workloads) {
      const name = monitorName(identity);
      const spec: IPodMonitor['spec'] = {
        selector: { matchLabels: selectorLabels(identity) },
        podMetricsEndpoints: [{ port, path: '/metrics', interval: SCRAPE_INTERVAL }],
      };
      new ApiObject(this, `Pods-${name}`, {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PodMonitor',
        metadata: { name, namespace, labels },
        spec,
      });
    }
    if (alerts.length === 0) return;
    const spec: IPrometheusRule['spec'] = {
      groups: [
        {
          name: 'headwater',
          rules: alerts.map(({ name, expression, lasting, severity, summary, action, runbook }) => ({
            alert: name,
            expr: expression,
            for: lasting,
            // Most expressions aggregate their labels away, and Alertmanager routes by namespace.
            labels: { severity, namespace },
            annotations: {
              summary,
              description: action,
              ...(runbooks !== undefined && { runbook_url: `${runbooks}/${runbook}` }),
            },
          })),
        },
      ],
    };
    new ApiObject(this, 'Alerts', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'headwater', namespace, labels },
      spec,
    });
  }
}
