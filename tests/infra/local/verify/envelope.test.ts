import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { LineEncoder } from '../../../../apps/consumer/object/line-encoder.ts';
import { readEnvelope } from '../../../../infra/local/verify/envelope.ts';
import { oddTimestamps, oddValues } from '../../../apps/consumer/object/odd-records.ts';

function lineOf(value: Buffer | null, timestamp = 0n): Buffer {
  const { pieces } = new LineEncoder().encode({ offset: 7, timestamp, key: null, value, headers: [] });
  return Buffer.concat([...pieces]).subarray(0, -1);
}

for (const [what, value] of oddValues) {
  test(`reads the bytes back of ${what}`, () => {
    const { sha256 } = readEnvelope(lineOf(value));
    assert.equal(sha256, value === null ? undefined : hash('sha256', value));
  });
}

test('reads every timestamp to its last digit', () => {
  for (const timestamp of oddTimestamps) {
    assert.equal(readEnvelope(lineOf(Buffer.from('1'), timestamp)).timestamp, timestamp);
  }
});

test('refuses a line whose numbers do not come first, or that keeps something else beside its value', () => {
  for (const line of [
    '{"timestamp":1,"offset":1,"headers":[]}',
    '{"offset":1.5,"timestamp":1,"headers":[]}',
    '{"offset":1,"timestamp":1e3,"headers":[]}',
    '{"offset":1,"timestamp":1,"headers":[],"valueLineEnd":"x","value":1}',
  ]) {
    assert.throws(() => readEnvelope(Buffer.from(line)), TypeError);
  }
});
