import assert from 'node:assert/strict';
import test from 'node:test';
import { TokenBucket } from '../../../../apps/producer/sources/token-bucket.ts';

test('a bucket admits its burst at once, then its rate', () => {
  const bucket = new TokenBucket(10, 20, 0);
  const admitted = (now: number): boolean => {
    const admits = bucket.waitMs(1, now) === 0;
    if (admits) bucket.spend(1);
    return admits;
  };
  assert.equal(Array.from({ length: 30 }, () => admitted(0)).filter(Boolean).length, 20);
  assert.equal(bucket.waitMs(1, 0), 100);
  let passed = 0;
  for (let now = 1; now <= 10_000; now++) if (admitted(now)) passed++;
  assert.equal(passed, 100);
});

test('the wait is the time after which the cost is admitted', () => {
  const bucket = new TokenBucket(1_000, 500, 0);
  bucket.spend(500);
  const wait = bucket.waitMs(200, 0);
  assert.equal(wait, 200);
  assert.ok(bucket.waitMs(200, wait - 1) > 0);
  assert.equal(bucket.waitMs(200, wait), 0);
});

test('a cost above the burst needs a full bucket and leaves a debt, so that the rate holds', () => {
  const bucket = new TokenBucket(100, 100, 0);
  assert.equal(bucket.waitMs(1_000, 0), 0);
  bucket.spend(1_000);
  assert.equal(bucket.waitMs(1, 0), 9_010);
  assert.equal(bucket.waitMs(1_000, 5_000), 5_000);
});

test('an idle bucket holds no more than its burst', () => {
  const bucket = new TokenBucket(10, 5, 0);
  bucket.spend(5);
  assert.equal(bucket.waitMs(1, 3_600_000), 0);
  bucket.spend(5);
  assert.equal(bucket.waitMs(1, 3_600_000), 100);
});
