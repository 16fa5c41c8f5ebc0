import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PRIORITY_CLASSES,
  PriorityClasses,
} from '../../../../infra/constructs/workloads/priority-classes.ts';
import type { Environment } from '../../../../infra/environments/environment.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { objectsOf, workloads } from '../../../policies/platform-objects.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const { production, staging, lab } = environments;

/** The class of each workload's pods, by the workload's name, of those that have one. */
function classesOf(environment: Environment): Readonly<Record<string, unknown>> {
  const found = workloads(objectsOf(environment)).map(({ metadata, spec }): [string, unknown] => [
    metadata.name,
    valueAt(spec.template.spec, 'priorityClassName'),
  ]);
  return Object.fromEntries(found.filter(([, name]) => name !== undefined));
}

test('what holds state comes before collectors, both before everybody else and after the cluster itself', () => {
  const objects = synthesize((chart) => new PriorityClasses(chart, 'Priority'));
  const valueOf = (name: string): number => Number(valueAt(find(objects, 'PriorityClass', name), 'value'));
  const { state, collectors } = PRIORITY_CLASSES;
  assert.ok(0 < valueOf(collectors));
  assert.ok(valueOf(collectors) < valueOf(state));
  // What the API server takes at most for a class of a user's.
  assert.ok(valueOf(state) <= 1_000_000_000);
  for (const object of objects) assert.equal(valueAt(object, 'globalDefault'), false);
});

test('without a word of the environment, classes are made for brokers, their metadata and collectors alone', () => {
  assert.deepEqual(classesOf(production), {
    fluentd: 'headwater-collectors',
    kafka: 'headwater-state',
    zookeeper: 'headwater-state',
  });
  assert.deepEqual(classesOf(staging), {
    fluentd: 'headwater-collectors',
    kafka: 'headwater-state',
    'kafka-controller': 'headwater-state',
  });
  assert.equal(classesOf(lab)['filebeat'], 'headwater-collectors');
  assert.equal(objectsOf(production).filter(({ kind }) => kind === 'PriorityClass').length, 2);
});

test('classes that exist are named, and none is made', () => {
  const environment: Environment = {
    ...production,
    priority: { kind: 'existing', state: 'important', collectors: 'on-each-node' },
  };
  assert.deepEqual(classesOf(environment), {
    fluentd: 'on-each-node',
    kafka: 'important',
    zookeeper: 'important',
  });
  assert.ok(!objectsOf(environment).some(({ kind }) => kind === 'PriorityClass'));
});

test('where there is to be none, no pod has one', () => {
  const environment: Environment = { ...production, priority: { kind: 'none' } };
  assert.deepEqual(classesOf(environment), {});
  assert.ok(!objectsOf(environment).some(({ kind }) => kind === 'PriorityClass'));
});
