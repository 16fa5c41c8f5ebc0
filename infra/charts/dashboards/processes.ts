import { BytesIEC, NoUnit, Seconds } from '@grafana/grafana-foundation-sdk/units';
import type { Panel } from '../../constructs/cluster/grafana-dashboards.ts';
import { perSecond } from './queries.ts';

/** What any program that shows its process uses of its pod. */
export function processPanels(labels: string): readonly Panel[] {
  return [
    {
      title: 'Processors in use',
      unit: NoUnit,
      queries: [{ expression: perSecond(`process_cpu_seconds_total{${labels}}`), legend: '{{pod}}' }],
    },
    {
      title: 'Resident memory',
      unit: BytesIEC,
      queries: [{ expression: `process_resident_memory_bytes{${labels}}`, legend: '{{pod}}' }],
    },
  ];
}

/** The same of a program in Node.js, which answers nothing while its event loop is busy. */
export function nodePanels(labels: string): readonly Panel[] {
  return [
    ...processPanels(labels),
    {
      title: 'Event loop delay, 99 %',
      unit: Seconds,
      queries: [{ expression: `nodejs_eventloop_lag_p99_seconds{${labels}}`, legend: '{{pod}}' }],
    },
  ];
}
