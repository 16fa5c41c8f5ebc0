import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalDigits, writeDecimal } from '../../../apps/service/decimal.ts';

test('numbers are written as JavaScript writes them', () => {
  const powers = Array.from({ length: 16 }, (_, digits) => 10 ** digits);
  const edges = [2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER - 1, 1_000_000_001, 9_000_000_009];
  for (const number of [0, ...[...powers, ...edges].flatMap((edge) => [edge - 1, edge, edge + 1])]) {
    const expected = String(number);
    const buffer = Buffer.alloc(20, '.');
    assert.equal(decimalDigits(number), expected.length, expected);
    assert.equal(writeDecimal(buffer, 2, number, expected.length), 2 + expected.length);
    assert.equal(buffer.toString('latin1'), `..${expected}`.padEnd(20, '.'));
  }
});
