import { KAFKA_RULES } from './kafka-rules.ts';
import { ACCESS_RULES } from './access-rules.ts';
import { STORAGE_RULES } from './storage-rules.ts';
import { applies, type Rule, type Subject } from './rule.ts';
import { WORKLOAD_RULES } from './workload-rules.ts';

const OBJECTS = 'https://kubernetes.io/docs/concepts/overview/working-with-objects/';

const BUCKET_RULES: readonly Rule[] = [
  {
    id: 'bucket-expiry-shortened',
    kinds: ['Bucket'],
    path: 'spec expiryDays',
    when: ['lowered'],
    consequence: 'data-deleted-sooner',
    why: 'objects older than the new limit are deleted within days',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html',
  },
  {
    id: 'bucket-replaced',
    kinds: ['Bucket'],
    path: 'metadata name',
    consequence: 'data-at-risk',
    why: 'a bucket cannot be renamed: the consumers begin in an empty one, and the old one is no longer managed',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html',
  },
  {
    id: 'bucket-moved',
    kinds: ['Bucket'],
    path: 'spec region|endpoint|prefix',
    consequence: 'data-at-risk',
    why: 'the existing chains of objects are in another place',
    source: 'docs/objects.md',
  },
];

const ALERTING = 'https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/';

/** Rules for alerts and for the objects that select them. */
const ALERT_RULES: readonly Rule[] = [
  {
    id: 'alert-gone',
    kinds: ['PrometheusRule'],
    path: 'spec groups * rules *',
    when: ['removed'],
    consequence: 'applied-in-place',
    why: 'the alert no longer reports its condition',
    source: ALERTING,
  },
  {
    id: 'alert-condition',
    kinds: ['PrometheusRule'],
    path: 'spec groups * rules * expr|for|keep_firing_for',
    consequence: 'applied-in-place',
    why: 'the alert now fires under another condition',
    source: ALERTING,
  },
  {
    id: 'monitoring-labels',
    kinds: ['PrometheusRule', 'PodMonitor', 'ServiceMonitor'],
    path: 'metadata labels *',
    consequence: 'applied-in-place',
    why: 'Prometheus selects these objects by their labels',
    source: 'https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusSpec',
  },
];

const SIDECAR = 'https://github.com/grafana/helm-charts/tree/main/charts/grafana#sidecar-for-dashboards';
const SHOWN = [{ labels: { grafana_dashboard: '1' } }] as const;

/** Rules for Grafana dashboards. No pod of the platform reads them. */
const DASHBOARD_RULES: readonly Rule[] = [
  {
    id: 'dashboard-label',
    kinds: ['ConfigMap'],
    path: 'metadata labels grafana_dashboard',
    consequence: 'applied-in-place',
    why: "Grafana's sidecar finds dashboards by it",
    source: SIDECAR,
  },
  {
    id: 'dashboard-layout',
    kinds: ['ConfigMap'],
    path: 'data * panels * id|gridPos **',
    when: SHOWN,
    consequence: 'nothing',
    why: 'the panel only stands elsewhere on its dashboard',
    source: SIDECAR,
  },
  {
    id: 'dashboard',
    kinds: ['ConfigMap'],
    path: 'data **',
    when: SHOWN,
    consequence: 'applied-in-place',
    why: 'Grafana shows the dashboard so from then on; no pod restarts, and alerts stay as they are',
    source: SIDECAR,
  },
];

const LAST_RULES: readonly Rule[] = [
  {
    id: 'annotation',
    path: 'metadata annotations *.*/*',
    consequence: 'applied-in-place',
    why: 'the program that owns the domain of the name may read it; no pod restarts',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/',
  },
  {
    id: 'labels',
    path: 'metadata labels|annotations **',
    consequence: 'nothing',
    why: 'nothing reads it',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/',
  },
  {
    id: 'object-gone',
    path: '',
    when: ['removed'],
    consequence: 'applied-in-place',
    why: 'the object is deleted',
    source: OBJECTS,
  },
  {
    id: 'object-added',
    path: '',
    when: ['added'],
    consequence: 'applied-in-place',
    why: 'the object is created',
    source: OBJECTS,
  },
  {
    id: 'in-place',
    path: '**',
    consequence: 'applied-in-place',
    why: 'the object is updated in place; no pod restarts',
    source: OBJECTS,
  },
];

/** All rules, in their order of precedence: the first one that applies decides. */
export const RULES: readonly Rule[] = [
  ...BUCKET_RULES,
  ...KAFKA_RULES,
  ...ACCESS_RULES,
  ...STORAGE_RULES,
  ...WORKLOAD_RULES,
  ...ALERT_RULES,
  ...DASHBOARD_RULES,
  ...LAST_RULES,
];

/** Finds the rule that applies to a difference. */
export function classify(subject: Subject): Rule {
  const rule = RULES.find((candidate) => applies(candidate, subject));
  if (rule === undefined) throw new Error('rules: the last rule must apply to every difference');
  return rule;
}
