import { App } from 'cdk8s';
import { MonitoringChart } from '../../infra/charts/monitoring.ts';
import type { Environment } from '../../infra/environments/environment.ts';
import type { Manifest } from './manifests.ts';

/** Metrics of programs that the test on a machine's loopback cannot have. */
export const NOT_RUN: readonly string[] = [
  'kubelet_volume_stats_available_bytes',
  'kubelet_volume_stats_capacity_bytes',
];

/** Panels of one dashboard, at most. */
export const PANEL_LIMIT = 15;

/** Series that all dashboards together read, of three brokers, twelve partitions and the least pods of an environment. */
export const SERIES_LIMIT = 1_000;

/** What a file of a dashboard holds, of what is asked here. */
export interface RenderedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly description?: string;
    readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

/** The ConfigMaps of an environment's dashboards. */
export function dashboardObjects(environment: Environment): readonly Manifest[] {
  const objects = new MonitoringChart(new App(), 'monitoring', environment).toJson() as Manifest[];
  return objects.filter(({ kind }) => kind === 'ConfigMap');
}

/** What Grafana reads of them. */
export function renderedDashboards(environment: Environment): readonly RenderedDashboard[] {
  return dashboardObjects(environment).flatMap((object) =>
    Object.values((object as unknown as { readonly data: Readonly<Record<string, string>> }).data).map(
      (text) => JSON.parse(text) as RenderedDashboard,
    ),
  );
}

/** One query of a panel. */
export interface PanelQuery {
  /** Titles of dashboard and panel. */
  readonly panel: string;
  readonly expression: string;
  readonly legend: string;
}

/** Every query of every panel. */
export function queriesOf(environment: Environment): readonly PanelQuery[] {
  return renderedDashboards(environment).flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      panel.targets.map(({ expr, legendFormat }) => ({
        panel: `${title}: ${panel.title}`,
        expression: expr,
        legend: legendFormat,
      })),
    ),
  );
}

/** The selectors of a query: `up{job="a"}`. */
export function selectorsOf(expression: string): readonly string[] {
  return [...new Set(expression.match(/[a-z]\w+\{[^}]*\}/g) ?? [])];
}
