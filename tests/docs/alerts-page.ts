import { alerts } from '../../infra/charts/alerts.ts';
import type { Alert } from '../../infra/constructs/cluster/monitoring.ts';
import { environments } from '../../infra/environments/environments.ts';
import { everyOption } from '../policies/options.ts';

/** Every alert that an environment may have, by name once, as the first environment has it that does. */
export function alertsOfAll(): readonly Alert[] {
  const all = new Map<string, Alert>();
  for (const environment of [environments.production, everyOption, environments.staging]) {
    for (const alert of alerts(environment)) if (!all.has(alert.name)) all.set(alert.name, alert);
  }
  return [...all.values()];
}

/** `docs/alerts.md`: them, with what to do. */
export function renderAlerts(): string {
  const rows = alertsOfAll().map(
    ({ name, severity, lasting, summary, action, runbook }) =>
      `| ${[`[${name}](runbooks/${runbook})`, severity, lasting, summary, action].map(escapeCell).join(' | ')} |\n`,
  );
  return `# Alerts

Made from \`infra/charts/alerts\` by \`npm run docs:update\`. With \`monitoring: { kind: 'prometheus-operator' }\` an environment
has PodMonitors for all pods with metrics, and a PrometheusRule with the alerts below. \`critical\` pages somebody;
\`warning\` can wait until the morning. Each name links to its [runbook](runbooks/README.md). With \`monitoring.runbooks\` the
alert itself has the link as \`runbook_url\`. The numbers are those of \`production\`, or of an environment that has the alert.

## What must be there

- **The Prometheus operator**, with a Prometheus that selects these objects by label. The chart kube-prometheus-stack selects
  \`release: NAME\`, its own name. Set the labels in \`monitoring.labels\`; the default is \`release: kube-prometheus-stack\`.
- **Selection by namespace**: PodMonitors are in the namespaces of their pods (\`namespaces\`), and the rules in that of the pipeline.
  kube-prometheus-stack selects from all namespaces. Without \`podMonitorNamespaceSelector\` and \`ruleNamespaceSelector\` a Prometheus
  selects only from its own namespace.
- **\`network.monitoringNamespace\`** is the namespace of Prometheus: the network policies allow only this namespace to scrape.
- **The kubelets' metrics**, which kube-prometheus-stack scrapes, for the volumes. Nothing else is necessary, not even kube-state-metrics.
- **Alertmanager with a receiver**, and its \`Watchdog\`: no alert here reports that Prometheus itself is down.

## What is not watched

- The data plane of a Gateway, and whether clients can reach the edge from outside: that needs a probe from outside.
- The certificates of a Gateway, of the search cluster and of the object store. \`npm run preview\` and \`npm run deploy\` warn 30 days before a
  certificate in the stack's configuration expires.

## The alerts

| Alert | Severity | After | What is wrong | What to do |
| --- | --- | --- | --- | --- |
${rows.join('')}
## How they are tested

\`tests/integration/alerts.test.ts\` evaluates the rules with promtool. Each alert must fire for its fault, at its time and without any
other alert, and must not fire for a similar situation. Its test must fail when a metric is renamed or the threshold is inverted. If a
metric of an alert disappears, another alert fires. None fires during a rolling restart of everything.
\`tests/integration/watched-metrics.test.ts\` reads the metrics from real brokers and ZooKeeper servers.
`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
