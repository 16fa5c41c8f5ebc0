import { environments } from '../../infra/environments/environments.ts';
import {
  NOT_RUN,
  PANEL_LIMIT,
  renderedDashboards,
  selectorsOf,
  SERIES_LIMIT,
  type RenderedDashboard,
} from '../infra/dashboard-queries.ts';

/** `docs/dashboards.md`: what each dashboard shows, and of which metrics. */
export function renderDashboardsPage(): string {
  const { production, staging } = environments;
  const shown = [...renderedDashboards(production), ...renderedDashboards(staging).slice(-1)];
  const panels = renderedDashboards(production).flatMap((dashboard) => dashboard.panels);
  const queries = panels.flatMap(({ targets }) => targets);
  return `# Dashboards

Made from \`infra/charts/dashboards\` by \`npm run docs:update\`. With \`monitoring: { kind: 'prometheus-operator' }\` an environment has
one ConfigMap for each dashboard, in the namespace of the pipeline, named \`dashboard-NAME\`. The panels read what the PodMonitors of
the environment have scraped ([alerts.md](alerts.md)).

## What must be there

- **Grafana with its sidecar for dashboards**, as the chart kube-prometheus-stack installs it: it loads what is labelled
  \`grafana_dashboard: "1"\`, in all namespaces. There is nothing to set. Without a Grafana nothing reads the ConfigMaps.
- **A data source of type Prometheus.** Where Grafana has several, the list above the panels chooses one.

A Grafana without the sidecar takes the same JSON by its import:

\`\`\`sh
kubectl get configmap -n headwater dashboard-pipeline -o jsonpath='{.data.headwater-pipeline\\.json}'
\`\`\`

A dashboard is read-only in Grafana: save a copy to change it there, or change \`infra/charts/dashboards\`. Its address stays the same. The
dashboards of one environment link to each other, and carry its name.

## How much they read

\`production\` has ${renderedDashboards(production).length} dashboards with ${panels.length} panels and ${queries.length} queries; a dashboard has at most ${PANEL_LIMIT} panels. They record nothing, so
Prometheus has no series more. All together they read less than ${SERIES_LIMIT.toLocaleString('en')} series of \`production\` or \`staging\` with their least number of pods.
${shown.map(renderDashboard).join('')}
## How they are tested

\`tests/integration/dashboards.test.ts\` starts a broker with the metrics agent of its image, ZooKeeper or a controller, the producer, the
consumer and an object store, and a Prometheus that scrapes them. Each query must return series with the labels that the name of
its line takes, and none where one of its metrics is renamed. It counts the series. Not asked for there, since no kubelet runs:
${NOT_RUN.map((metric) => `\`${metric}\``).join(' and ')}, which the alerts on volumes read too.

The edge and the collectors have no dashboard: of them "Pods that answer Prometheus" shows whether they answer. Grafana itself is
not run by a test: its SDK gives the JSON its shape.
`;
}

function renderDashboard({ title, panels }: RenderedDashboard): string {
  const rows = panels.map(({ title: panel, description = '', targets }) => {
    const metrics = targets
      .flatMap(({ expr }) => selectorsOf(expr))
      .map((selector) => selector.split('{')[0] ?? '');
    const read = [...new Set(metrics)].map((metric) => `\`${metric}\``).join(', ');
    return `| ${panel} | ${description} | ${read} |\n`;
  });
  return `
## ${title.split(' / ')[1] ?? title}

| Panel | What to know | Metrics |
| --- | --- | --- |
${rows.join('')}`;
}
