import assert from 'node:assert/strict';
import test from 'node:test';
import { Variables, VariablesError } from '../../../apps/service/variables.ts';

test('every bad variable is named in one message, with its value and what is allowed', () => {
  const variables = new Variables({ A: 'three', B: '70000', C: 'blue', D: '/nowhere/ca.pem', E: 'a b' });
  variables.integer('A', { default: 1, min: 0, max: 9 });
  variables.integer('B', { min: 1, max: 65_535 });
  variables.choice('C', ['red', 'green']);
  variables.file('D');
  variables.text('E', { pattern: /^\w+$/, allowed: 'one word' });
  variables.text('F');
  variables.integer('G', { min: 1, max: 2 });
  variables.boolean('C', true);
  assert.throws(
    () => variables.check(),
    (error: unknown) => {
      assert.ok(error instanceof VariablesError);
      assert.deepEqual(error.problems, [
        'A must be a whole number from 0 to 9, got "three"',
        'B must be a whole number from 1 to 65535, got "70000"',
        'C must be one of red, green, got "blue"',
        'D must be the path of a readable file (ENOENT), got "/nowhere/ca.pem"',
        'E must be one word, got "a b"',
        'F is required: a text',
        'G is required: a whole number from 1 to 2',
        'C must be one of true, false, got "blue"',
      ]);
      assert.match(error.message, /^bad environment variables:\n {2}A must/);
      return true;
    },
  );
});

test('numbers are decimal digits only', () => {
  for (const value of ['1e3', '0x10', '2.5', ' ', '１', 'NaN', '--1']) {
    const variables = new Variables({ N: value });
    variables.integer('N', { min: -100, max: 100 });
    assert.throws(
      () => variables.check(),
      value.trim() === '' ? /N is required/ : /N must be a whole number/,
    );
  }
});

test('an empty variable counts as not set, and spaces around a value do not count', () => {
  const variables = new Variables({ A: '', B: ' 7 ', C: ' ', D: 'true' });
  assert.equal(variables.text('A', { default: 'x' }), 'x');
  assert.equal(variables.integer('B', { min: 0, max: 9 }), 7);
  assert.equal(variables.choice('C', ['red', 'green'], 'green'), 'green');
  assert.equal(variables.boolean('D', false), true);
  assert.equal(variables.file('E'), undefined);
  variables.check();
});
