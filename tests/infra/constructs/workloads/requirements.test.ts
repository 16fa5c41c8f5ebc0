import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Construct } from 'constructs';
import {
  addWarning,
  describeViolation,
  readViolations,
  readWarnings,
  requireDnsLabel,
  requireInteger,
  requireThat,
} from '../../../../infra/constructs/workloads/requirements.ts';

function root(): Construct {
  return new Construct(undefined as unknown as Construct, '');
}

test('a violation names subject, property, what is allowed, the value and the reason', () => {
  assert.equal(
    describeViolation({
      subject: 'kafka',
      property: 'brokers',
      value: 0,
      allowed: 'at least 1',
      because: 'no log',
    }),
    'kafka: brokers must be at least 1, got 0: no log',
  );
});

test('what holds is no violation', () => {
  const scope = root();
  requireThat(scope, true, { subject: 's', property: 'p', value: 1, allowed: '2' });
  requireInteger(scope, 's', 'p', 3, { min: 3, max: 3 });
  requireDnsLabel(scope, 's', 'p', 'a-1');
  assert.deepEqual(readViolations(scope), []);
});

test('violations anywhere in the tree are found, each once', () => {
  const scope = root();
  const inner = new Construct(new Construct(scope, 'Outer'), 'Inner');
  requireInteger(inner, 'inner', 'count', 1.5, { min: 0 });
  requireInteger(inner, 'inner', 'count', 1.5, { min: 0 });
  requireInteger(scope, 'outer', 'count', 9, { min: 0, max: 8 });
  assert.deepEqual(readViolations(scope), [
    'outer: count must be a whole number from 0 to 8, got 9',
    'inner: count must be a whole number of at least 0, got 1.5',
  ]);
});

for (const name of ['', '-a', 'a-', 'A', 'a.b', 'a'.repeat(64)]) {
  test(`${JSON.stringify(name)} is no DNS label`, () => {
    const scope = root();
    requireDnsLabel(scope, 's', 'name', name);
    assert.equal(readViolations(scope).length, 1);
  });
}

test('a warning does not stop the synthesis, and is found anywhere', () => {
  const scope = root();
  addWarning(new Construct(scope, 'Inner'), 'careful');
  assert.deepEqual(readWarnings(scope), ['careful']);
  assert.deepEqual(readViolations(scope), []);
});
