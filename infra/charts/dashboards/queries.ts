import type { Query } from '../../constructs/cluster/grafana-dashboards.ts';

/** Increase of a counter in a second, over a window of four scrapes, or more where more time is shown. */
export function perSecond(counter: string): string {
  return `rate(${counter}[$__rate_interval])`;
}

/** What a counter grew by, within the same window. */
export function increase(counter: string): string {
  return `increase(${counter}[$__rate_interval])`;
}

/** Half of the observations of a histogram lie below the one line, and 99 of 100 below the other. */
export function halfAndMost(name: string, labels: string): readonly Query[] {
  return [
    [0.5, 'half'],
    [0.99, '99 %'],
  ].map(([share = 0, legend = '']) => ({
    expression: `histogram_quantile(${share}, sum by (le) (${perSecond(`${name}_bucket{${labels}}`)}))`,
    legend: String(legend),
  }));
}

/** Mean of the observations of a histogram. */
export function mean(name: string, labels: string): string {
  const sum = (part: string): string => `sum(${perSecond(`${name}_${part}{${labels}}`)})`;
  return `${sum('sum')} / ${sum('count')}`;
}
