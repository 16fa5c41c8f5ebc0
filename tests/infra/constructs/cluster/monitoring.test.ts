import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Monitoring, type MonitoringProps } from '../../../../infra/constructs/cluster/monitoring.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<MonitoringProps> = {
  namespace: 'headwater',
  labels: { release: 'prometheus' },
  runbooks: 'https://git.example.com/runbooks',
  workloads: [{ identity: { name: 'kafka', component: 'broker' }, port: 'metrics' }],
  alerts: [
    {
      name: 'Down',
      expression: 'up == 0',
      lasting: '5m',
      severity: 'critical',
      summary: 'It is down',
      action: 'Look',
      runbook: 'kafka.md#down',
    },
  ],
};

test('takes every property', () => {
  const manifests = synthesize((chart) => new Monitoring(chart, 'Monitoring', props));
  const monitor = find(manifests, 'PodMonitor', 'kafka-broker');
  assert.equal(valueAt(monitor, 'spec', 'podMetricsEndpoints', 0, 'port'), 'metrics');
  assert.equal(valueAt(monitor, 'spec', 'selector', 'matchLabels', 'app.kubernetes.io/component'), 'broker');
  for (const object of manifests)
    assert.equal(valueAt(object, 'metadata', 'labels', 'release'), 'prometheus');
  assert.deepEqual(valueAt(find(manifests, 'PrometheusRule', 'headwater'), 'spec', 'groups', 0, 'rules'), [
    {
      alert: 'Down',
      annotations: {
        description: 'Look',
        runbook_url: 'https://git.example.com/runbooks/kafka.md#down',
        summary: 'It is down',
      },
      expr: 'up == 0',
      for: '5m',
      labels: { severity: 'critical', namespace: 'headwater' },
    },
  ]);
});

test('without alerts there is no rule to apply', () => {
  const manifests = synthesize((chart) => new Monitoring(chart, 'Monitoring', { namespace: 'headwater' }));
  assert.deepEqual(manifests, []);
});
