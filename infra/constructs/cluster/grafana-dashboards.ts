import {
  LegendDisplayMode,
  LegendPlacement,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { ConfigMap } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { hashOf } from '../workloads/config-files.ts';
import { objectLabels } from '../workloads/labels.ts';
import { MONITORING, SCRAPE_INTERVAL } from './monitoring.ts';

/**
 * By which Grafana's sidecar finds a dashboard, in every namespace: the defaults of the chart kube-prometheus-stack,
 * `grafana.sidecar.dashboards.label`, `labelValue` and `searchNamespace`.
 *
 * @see https://github.com/prometheus-community/helm-charts/blob/main/charts/kube-prometheus-stack/values.yaml
 */
const SIDECAR_LABEL = { grafana_dashboard: '1' } as const;

const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' } as const;
/** Grafana's grid has 24 columns: two panels beside each other. */
const PANEL = { columns: 12, rows: 8 } as const;

/** One line of a panel, or one for each value of a label. */
export interface Query {
  /** PromQL, in which `$__rate_interval` is what Grafana makes of the time shown and the scrape interval. */
  readonly expression: string;
  /** Name of the line; `{{pod}}` is the value of a label. */
  readonly legend: string;
}

/** Lines over time. */
export interface Panel {
  /** Unique in its dashboard. */
  readonly title: string;
  /** Unit of every line, one of `@grafana/grafana-foundation-sdk/units`. */
  readonly unit: string;
  /** How to read it, where the title does not say so. @default - none */
  readonly description?: string;
  readonly queries: readonly Query[];
}

export interface Dashboard {
  /** Of the ConfigMap and its file: `kafka`. Unique in its namespace. */
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface GrafanaDashboardsProps {
  readonly namespace: string;
  /** Name of the environment, which tells the dashboards of several in one Grafana apart. */
  readonly environment: string;
  readonly dashboards: readonly Dashboard[];
}

/** Dashboards as ConfigMaps that Grafana's sidecar loads. Nothing else reads them: a Grafana need not be there. */
export class GrafanaDashboards extends Construct {
  constructor(scope: Construct, id: string, { namespace, environment, dashboards }: GrafanaDashboardsProps) {
    super(scope, id);
    for (const dashboard of dashboards) {
      const { name } = dashboard;
      new ConfigMap(this, name, {
        metadata: {
          name: `dashboard-${name}`,
          namespace,
          labels: { ...objectLabels(MONITORING), ...SIDECAR_LABEL },
        },
        // The sidecar puts the files of all namespaces into one directory.
        data: { [`${namespace}-${name}.json`]: render(dashboard, hashOf({ namespace, name }), environment) },
      });
    }
  }
}

/** JSON as Grafana's provisioning reads it. @param uid 8 to 40 letters, digits, `-` and `_`, by which its address stays */
function render({ title, panels }: Dashboard, uid: string, environment: string): string {
  const tags = ['headwater', environment];
  const builder = new DashboardBuilder(`Headwater ${environment} / ${title}`)
    .uid(uid)
    .tags(tags)
    .readonly()
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type(DATA_SOURCE.type))
    .link(
      new DashboardLinkBuilder('Headwater')
        .type(DashboardLinkType.Dashboards)
        .tags(tags)
        .keepTime(true)
        .includeVars(true),
    );
  for (const [index, panel] of panels.entries()) builder.withPanel(renderPanel(panel, index + 1));
  return `${JSON.stringify(builder.build(), undefined, 2)}\n`;
}

function renderPanel({ title, unit, description, queries }: Panel, id: number): PanelBuilder {
  const panel = new PanelBuilder()
    .id(id)
    .title(title)
    .datasource(DATA_SOURCE)
    .span(PANEL.columns)
    .height(PANEL.rows)
    .unit(unit)
    .axisSoftMin(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull']),
    );
  if (description !== undefined) panel.description(description);
  for (const [index, { expression, legend }] of queries.entries()) {
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .expr(expression)
        .legendFormat(legend)
        .interval(SCRAPE_INTERVAL)
        .range(),
    );
  }
  return panel;
}
