import assert from 'node:assert/strict';
import { App } from 'cdk8s';
import { test } from 'node:test';
import { MonitoringChart } from '../../../infra/charts/monitoring.ts';
import { everyOption } from '../../policies/options.ts';
import { environments } from '../../../infra/environments/environments.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import { valueAt, type Manifest } from '../manifests.ts';

/** Namespace and name of every monitor. */
function monitors(environment: Environment): string[] {
  const manifests = new MonitoringChart(new App(), 'monitoring', environment).toJson() as Manifest[];
  return manifests
    .filter(({ kind }) => kind === 'PodMonitor')
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
}

test('everything that shows metrics is scraped where it stands', () => {
  assert.deepEqual(monitors(environments.production), [
    'headwater/zookeeper-server',
    'headwater/kafka-broker',
    'headwater/producer-collection',
    'headwater/consumer-collection',
    'headwater-logging/fluentd-logging',
  ]);
});

test('our own ingress controller is scraped, Filebeat is not', () => {
  const all = monitors(everyOption);
  assert.ok(all.includes('ingress-nginx/ingress-nginx-controller'));
  assert.ok(!all.some((name) => name.includes('filebeat') || name.includes('fluentd')));
});

test('a stock kube-prometheus-stack selects every monitor and rule, and another Prometheus what it is told', () => {
  const labelsOf = (environment: Environment): string[] => {
    const objects = new MonitoringChart(new App(), 'monitoring', environment).toJson() as Manifest[];
    // Of the chart's objects only dashboards are read by another: Grafana.
    const selected = objects.filter(({ kind }) => kind !== 'ConfigMap');
    return [...new Set(selected.map((object) => valueAt(object, 'metadata', 'labels', 'release') as string))];
  };
  assert.deepEqual(labelsOf(environments.production), ['kube-prometheus-stack']);
  const monitoring = { kind: 'prometheus-operator', labels: { release: 'observability' } } as const;
  assert.deepEqual(labelsOf({ ...environments.production, monitoring }), ['observability']);
});
