import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import {
  file,
  flag,
  integer,
  json,
  loginFile,
  oneOf,
  readVariables,
  text,
  VariablesError,
  whereGood,
  type Environment,
} from '../../../apps/service/variables.ts';

function problems(schema: z.ZodObject, environment: Environment): readonly string[] {
  try {
    readVariables(schema, environment);
  } catch (error) {
    assert.ok(error instanceof VariablesError);
    assert.match(error.message, /^bad environment variables:\n {2}\w/);
    return error.problems;
  }
  return [];
}

test('every bad variable is named in one message, with its value and what is allowed', () => {
  const schema = z.object({
    A: integer(0, 9).default(1),
    B: integer(1, 65_535),
    C: oneOf(['red', 'green']),
    D: file('the path of a PEM file'),
    E: text('one word', /^\w+$/),
    F: text('a text'),
    G: integer(1, 2),
    H: flag().default(true),
    I: json('a JSON list of numbers', z.array(z.number())),
    J: json('a JSON list of numbers', z.array(z.number('must be a number'))),
  });
  const environment = {
    A: 'three',
    B: '70000',
    C: 'blue',
    D: '/nowhere/ca.pem',
    E: 'a b',
    H: 'yes',
    I: '[1',
    J: '[1,"a"]',
  };
  const [json1, ...others] = problems(schema, environment).toSorted(
    (a, b) => Number(/^I/.test(b)) - Number(/^I/.test(a)),
  );
  assert.match(json1 ?? '', /^I must be a JSON list of numbers \(.* JSON .*\), got "\[1"$/);
  assert.deepEqual(others, [
    'A must be a whole number from 0 to 9, got "three"',
    'B must be a whole number from 1 to 65535, got "70000"',
    'C must be one of red, green, got "blue"',
    'D must be the path of a readable file (ENOENT), got "/nowhere/ca.pem"',
    'E must be one word, got "a b"',
    'F is required: a text',
    'G is required: a whole number from 1 to 2',
    'H must be one of true, false, got "yes"',
    'J[1]: must be a number, got "a"',
  ]);
});

test('a rule between variables is asked beside other mistakes, and not of a bad variable', () => {
  const schema = z
    .object({ LOW: integer(0, 9), HIGH: integer(0, 9), OTHER: file('the path of a file').optional() })
    .superRefine(
      ({ LOW, HIGH }, context) => {
        if (LOW > HIGH) context.addIssue(`LOW must be at most HIGH (${HIGH}), got "${LOW}"`);
      },
      whereGood('LOW', 'HIGH'),
    );
  assert.deepEqual(problems(schema, { LOW: '3', HIGH: '2', OTHER: '/nowhere' }), [
    'OTHER must be the path of a readable file (ENOENT), got "/nowhere"',
    'LOW must be at most HIGH (2), got "3"',
  ]);
  assert.deepEqual(problems(schema, { LOW: '3', HIGH: 'x' }), [
    'HIGH must be a whole number from 0 to 9, got "x"',
  ]);
});

test('neither credentials in a value nor the content of a file stand in an error', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-variables-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'secret');
  writeFileSync(path, 'sekret\n');
  const schema = z.object({
    URL: text('a URL without login', /^[^@]+$/),
    LOGIN: loginFile('the path of a file with two lines', (content) => content.includes('\n')),
  });
  assert.deepEqual(problems(schema, { URL: 'https://user:sek@ret@host/', LOGIN: path }), [
    'URL must be a URL without login, got "https://***@host/"',
    `LOGIN must be the path of a file with two lines, got ${JSON.stringify(path)}`,
  ]);
});

test('numbers are decimal digits only', () => {
  for (const value of ['1e3', '0x10', '2.5', ' ', '１', 'NaN', '--1']) {
    const [problem = ''] = problems(z.object({ N: integer(-100, 100) }), { N: value });
    assert.match(problem, value.trim() === '' ? /^N is required/ : /^N must be a whole number/);
  }
});

test('an empty variable counts as not set, and spaces around a value do not count', () => {
  const schema = z.object({
    A: text('a text').default('x'),
    B: integer(0, 9),
    C: oneOf(['red', 'green']).default('green'),
    D: flag().default(false),
    E: file('the path of a file').optional(),
  });
  assert.deepEqual(readVariables(schema, { A: '', B: ' 7 ', C: ' ', D: 'true' }), {
    A: 'x',
    B: 7,
    C: 'green',
    D: true,
  });
});
