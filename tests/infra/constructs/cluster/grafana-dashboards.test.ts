import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GrafanaDashboards,
  type GrafanaDashboardsProps,
} from '../../../../infra/constructs/cluster/grafana-dashboards.ts';
import { find, synthesize, valueAt, type Manifest } from '../../manifests.ts';

const props: Required<GrafanaDashboardsProps> = {
  namespace: 'headwater',
  environment: 'production',
  dashboards: [
    {
      name: 'kafka',
      title: 'Kafka',
      panels: [
        {
          title: 'Requests',
          unit: 'reqps',
          description: 'Of all clients',
          queries: [{ expression: 'rate(requests[$__rate_interval])', legend: '{{pod}}' }],
        },
        { title: 'Size', unit: 'bytes', queries: [{ expression: 'size', legend: 'bytes' }] },
        { title: 'Lag', unit: 'short', queries: [{ expression: 'lag', legend: 'records' }] },
      ],
    },
  ],
};

function rendered(of: GrafanaDashboardsProps): Manifest {
  return find(
    synthesize((chart) => new GrafanaDashboards(chart, 'Dashboards', of)),
    'ConfigMap',
    'dashboard-kafka',
  );
}

function fileOf(of: GrafanaDashboardsProps): unknown {
  return JSON.parse(valueAt(rendered(of), 'data', `${of.namespace}-kafka.json`) as string);
}

test('takes every property', () => {
  const object = rendered(props);
  assert.equal(object.metadata.namespace, 'headwater');
  assert.equal(valueAt(object, 'metadata', 'labels', 'grafana_dashboard'), '1');
  const dashboard = fileOf(props);
  assert.equal(valueAt(dashboard, 'title'), 'Headwater production / Kafka');
  assert.deepEqual(valueAt(dashboard, 'tags'), ['headwater', 'production']);
  const panel = valueAt(dashboard, 'panels', 0);
  assert.equal(valueAt(panel, 'title'), 'Requests');
  assert.equal(valueAt(panel, 'description'), 'Of all clients');
  assert.equal(valueAt(panel, 'fieldConfig', 'defaults', 'unit'), 'reqps');
  assert.equal(valueAt(panel, 'targets', 0, 'expr'), 'rate(requests[$__rate_interval])');
  assert.equal(valueAt(panel, 'targets', 0, 'legendFormat'), '{{pod}}');
});

test('panels stand in two columns, and ask the Prometheus that is chosen, no oftener than it scrapes', () => {
  const dashboard = fileOf(props);
  assert.deepEqual(
    [0, 1, 2].map((index) => valueAt(dashboard, 'panels', index, 'gridPos')),
    [
      { h: 8, w: 12, x: 0, y: 0 },
      { h: 8, w: 12, x: 12, y: 0 },
      { h: 8, w: 12, x: 0, y: 8 },
    ],
  );
  assert.deepEqual(valueAt(dashboard, 'panels', 0, 'datasource'), {
    type: 'prometheus',
    uid: '${datasource}',
  });
  assert.equal(valueAt(dashboard, 'templating', 'list', 0, 'name'), 'datasource');
  assert.equal(valueAt(dashboard, 'panels', 0, 'targets', 0, 'interval'), '30s');
});

test('two environments in one Grafana have files, addresses and titles of their own', () => {
  const other = { ...props, namespace: 'headwater-staging', environment: 'staging' };
  const [one, two] = [fileOf(props), fileOf(other)];
  for (const field of ['uid', 'title', 'tags']) assert.notDeepEqual(valueAt(one, field), valueAt(two, field));
  assert.match(String(valueAt(one, 'uid')), /^[\w-]{8,40}$/);
});
