import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { GrafanaDashboards } from '../constructs/cluster/grafana-dashboards.ts';
import { Monitoring } from '../constructs/cluster/monitoring.ts';
import type { Environment } from '../environments/environment.ts';
import { alerts } from './alerts.ts';
import { dashboards } from './dashboards.ts';
import { scrapedPods } from './scraped-pods.ts';

/** Construct id of each namespace's monitors, by the role of the namespace. */
const IDS = { pipeline: 'Pipeline', logging: 'Logging', ingress: 'Edge' } as const;

/** Label that the Prometheus of kube-prometheus-stack selects, if that chart was installed under its own name. */
const STOCK_LABELS = { release: 'kube-prometheus-stack' };

/** Monitors, alerts and dashboards. */
export class MonitoringChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, { disableResourceNameHashes: true });
    const { namespaces, monitoring } = environment;
    const runbooks = monitoring.kind === 'none' ? undefined : monitoring.runbooks;
    const labels = monitoring.kind === 'none' ? {} : (monitoring.labels ?? STOCK_LABELS);
    for (const role of ['pipeline', 'logging', 'ingress'] as const) {
      const namespace = namespaces[role];
      const workloads = scrapedPods(environment).filter((pods) => pods.namespace === namespace);
      if (workloads.length === 0) continue;
      new Monitoring(this, IDS[role], {
        namespace,
        workloads,
        labels,
        ...(role === 'pipeline' && { alerts: alerts(environment), runbooks }),
      });
    }
    new GrafanaDashboards(this, 'Dashboards', {
      namespace: namespaces.pipeline,
      environment: environment.name,
      dashboards: dashboards(environment),
    });
  }
}
