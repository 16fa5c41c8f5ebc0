import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiObject, App, Chart } from 'cdk8s';
import { readViolations } from '../../infra/constructs/workloads/requirements.ts';
import { requireUniqueObjects } from '../../infra/unique-objects.ts';

interface Made {
  readonly apiVersion?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** What is said of two objects in two charts. */
function violations(...objects: readonly [Made, Made]): readonly string[] {
  const app = new App();
  for (const [index, { apiVersion = 'apps/v1', name, namespace }] of objects.entries()) {
    const chart = new Chart(app, `chart-${index}`, { disableResourceNameHashes: true });
    const metadata = { name, ...(namespace !== undefined && { namespace }) };
    new ApiObject(chart, 'Object', { apiVersion, kind: 'Deployment', metadata });
  }
  requireUniqueObjects(app);
  return readViolations(app);
}

test('one object in two charts is refused, by its name and by where it is made', () => {
  const object = { name: 'producer', namespace: 'headwater' };
  assert.deepEqual(violations(object, object), [
    'objects: Deployment.apps headwater/producer must be made once, got chart-0/Object and chart-1/Object: what is applied last takes the place of the other',
  ]);
});

test('another version of a group is the same object', () => {
  const object = { name: 'producer', namespace: 'headwater' };
  assert.equal(violations(object, { ...object, apiVersion: 'apps/v1beta1' }).length, 1);
});

test('another name, namespace or group is another object', () => {
  const object = { name: 'producer', namespace: 'headwater' };
  assert.deepEqual(violations(object, { ...object, name: 'consumer' }), []);
  assert.deepEqual(violations(object, { ...object, namespace: 'elsewhere' }), []);
  assert.deepEqual(violations(object, { name: 'producer' }), []);
  assert.deepEqual(violations(object, { ...object, apiVersion: 'example.com/v1' }), []);
});
