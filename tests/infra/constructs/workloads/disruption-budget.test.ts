import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DisruptionBudget,
  type DisruptionBudgetProps,
} from '../../../../infra/constructs/workloads/disruption-budget.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

test('one pod at a time leaves, and a policy says what becomes of one that is not ready', () => {
  const props: Required<DisruptionBudgetProps> = {
    name: 'store',
    namespace: 'headwater',
    identity: { name: 'store', component: 'server' },
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  };
  const budget = find(
    synthesize((chart) => new DisruptionBudget(chart, 'Budget', props)),
    'PodDisruptionBudget',
    'store',
  );
  assert.deepEqual(valueAt(budget, 'spec'), {
    maxUnavailable: 1,
    selector: {
      matchLabels: {
        'app.kubernetes.io/component': 'server',
        'app.kubernetes.io/instance': 'headwater',
        'app.kubernetes.io/name': 'store',
      },
    },
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
});
