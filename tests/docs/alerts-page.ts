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
has PodMonitors for everything that shows metrics, and a PrometheusRule with the alerts below. \`critical\` wakes somebody,
\`warning\` waits for the morning. Each name leads to its [runbook](runbooks/README.md); with \`monitoring.runbooks\` the
alert has the link as \`runbook_url\`. Numbers are those of \`production\`, or of an environment that has the alert.

## What must be there

- **The Prometheus operator**, with a Prometheus that selects these objects. It selects by label: the chart kube-prometheus-stack takes what
  is labelled \`release: NAME\`, its own name. \`monitoring.labels\` says the labels; left out, they are \`release: kube-prometheus-stack\`.
- **By namespace too**: PodMonitors stand beside their pods, in the namespaces of \`namespaces\`, and the rules in that of the pipeline.
  kube-prometheus-stack looks into all namespaces. A Prometheus whose \`podMonitorNamespaceSelector\` and \`ruleNamespaceSelector\` are left out
  looks into its own alone.
- **\`network.monitoringNamespace\`** is the namespace that Prometheus runs in: the network policies let it scrape, and nobody else.
- **The kubelets' metrics**, which kube-prometheus-stack scrapes, for the volumes. Nothing else is asked for: kube-state-metrics is not.
- **Alertmanager with a receiver**, and its \`Watchdog\`: nothing here says that Prometheus itself is gone.

## What is not watched

- A Gateway's data plane, and whether the edge can be reached from outside: that takes a probe from there.
- The certificates of a Gateway, of the search cluster and of the object store. \`npm run preview\` and \`npm run deploy\` warn 30 days before one
  of the stack's configuration ends.

## The alerts

| Alert | Severity | After | What is wrong | What to do |
| --- | --- | --- | --- | --- |
${rows.join('')}
## How they are tested

\`tests/integration/alerts.test.ts\` has promtool evaluate the rules: each must fire for a fault, at its time and with no other, must
not fire for what comes close to it, and must fail that test when a metric is renamed or the threshold inverted. Where a metric
that an alert is made of is gone, another one fires. None fires in a roll of everything. \`tests/integration/watched-metrics.test.ts\` asks real brokers and ZooKeeper servers for the metrics.
`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
