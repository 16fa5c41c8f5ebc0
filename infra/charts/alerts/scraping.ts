import { jobOf } from '../../constructs/cluster/monitoring.ts';
import type { ScrapedPods } from '../scraped-pods.ts';
import type { WatchingAlert } from './series.ts';

/** Alerts for missing metrics, without which other alerts cannot fire. */
export function scrapingAlerts(
  scraped: readonly ScrapedPods[],
  alerts: readonly WatchingAlert[],
): readonly WatchingAlert[] {
  const jobs = scraped.map(({ namespace, identity }) => jobOf(namespace, identity));
  const selectors = [...new Set(alerts.flatMap(({ metrics = [] }) => metrics))];
  return [
    {
      name: 'PodsUnwatched',
      expression: [
        `up{job=~"${jobs.join('|')}"} == 0`,
        ...jobs.map((job) => `absent(up{job="${job}"})`),
      ].join(' or '),
      lasting: '15m',
      severity: 'warning',
      summary: 'Prometheus gets no metrics of {{ $labels.job }} {{ $labels.pod }}',
      action:
        'Check that the pods run, that Prometheus selects their PodMonitor (monitoring.labels), and that Prometheus is in network.monitoringNamespace.',
    },
    {
      name: 'MetricsMissing',
      expression: selectors
        .map(
          (selector) =>
            `label_replace(absent(${selector}), "metric", "${selector.split('{')[0] ?? ''}", "", "")`,
        )
        .join(' or '),
      lasting: '15m',
      severity: 'warning',
      summary: 'Nothing serves {{ $labels.metric }}, which an alert needs',
      action:
        'That alert cannot fire. Check the pod that should serve the metric, and whether Prometheus scrapes it.',
    },
  ];
}
