import assert from 'node:assert/strict';
import test from 'node:test';
import { jsonProblem, MAX_JSON_DEPTH } from '../../../apps/producer/http/json.ts';

const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));

test('what is JSON passes, whatever it is', () => {
  for (const text of [
    '0',
    'null',
    ' {"a":1,"a":2} ',
    '{"__proto__":{"x":1}}',
    '"\\u0000 \\ud800"',
    '"💧"',
    '\t[]\r\n',
  ]) {
    assert.equal(jsonProblem(Buffer.from(text)), undefined, text);
  }
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('what is not is named, with the position where it is known', () => {
  assert.match(jsonProblem(Buffer.from('{"a":1,}')) ?? '', /in JSON at position 7/);
  assert.match(jsonProblem(Buffer.from('{"a":')) ?? '', /Unexpected end of JSON input/);
  assert.match(jsonProblem(Buffer.from('{"a":NaN}')) ?? '', /Unexpected token 'N'/);
  assert.match(jsonProblem(Buffer.from('\ufeff{}')) ?? '', /^a byte order mark at position 0/);
  assert.equal(jsonProblem(Buffer.from([0x22, 0xff, 0x22])), 'not UTF-8');
  assert.equal(jsonProblem(Buffer.from('{"a":1}', 'utf16le'))?.includes('JSON'), true);
  assert.match(jsonProblem(Buffer.from('"\0"')) ?? '', /Bad control character/);
});

test('nesting is bounded, and brackets in strings do not count', () => {
  assert.equal(jsonProblem(nested(MAX_JSON_DEPTH)), undefined);
  assert.equal(jsonProblem(nested(MAX_JSON_DEPTH + 1)), 'nested deeper than 500 at position 500');
  assert.equal(jsonProblem(nested(10_000)), 'nested deeper than 500 at position 500');
  assert.equal(jsonProblem(nested(1_000_000)), 'nested deeper than 500 at position 500');
  assert.equal(jsonProblem(Buffer.from(JSON.stringify('[{"\\'.repeat(1_000)))), undefined);
  assert.equal(jsonProblem(Buffer.from(`[${'[],'.repeat(1_000)}{}]`)), undefined);
});
