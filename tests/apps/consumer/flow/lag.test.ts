import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lag, type Stored } from '../../../../apps/consumer/flow/lag.ts';

const stored = (storedEnd: number, given: Partial<Stored> = {}): Stored => ({
  storedEnd,
  unstored: undefined,
  storedTimestamp: undefined,
  ...given,
});

test('the age of what was read and is not stored is by its own timestamp', () => {
  const lag = new Lag(50_000);
  lag.logEnds(20, 60_000, stored(10));
  const behind = stored(10, { unstored: { timestamp: 1000, readAt: 59_000 } });
  assert.equal(lag.oldestMs(61_000, behind), 60_000);
  assert.equal(lag.records(behind), 10);
});

test('what is not read is asked for once, and its age is by its own timestamp too', () => {
  const lag = new Lag(50_000);
  lag.logEnds(20, 60_000, stored(10));
  assert.equal(lag.unknown(stored(10)), 10);
  lag.found(10, 2000, 60_000);
  assert.equal(lag.unknown(stored(10)), undefined);
  assert.equal(lag.oldestMs(62_000, stored(10)), 60_000);
  // Once the chain has moved on it is the time of another record.
  assert.equal(lag.unknown(stored(15)), 15);
  assert.equal(lag.unknown(stored(20)), undefined);
  assert.equal(lag.unknown(stored(10, { unstored: { timestamp: 1, readAt: 1 } })), undefined);
});

test('a record without a time, or with one that is ahead, is as old as it has been known', () => {
  const lag = new Lag(50_000);
  for (const timestamp of [-1, 999_000]) {
    const behind = stored(10, { unstored: { timestamp, readAt: 60_000 } });
    assert.equal(lag.oldestMs(63_000, behind), 3000);
  }
});

test('where nothing is behind the age is that of the last answer which said so, so it grows where none comes', () => {
  const lag = new Lag(50_000);
  assert.equal(lag.oldestMs(51_000), 1000);
  lag.logEnds(10, 60_000, stored(10));
  assert.equal(lag.oldestMs(60_100, stored(10)), 100);
  assert.equal(lag.oldestMs(100_000, stored(10)), 40_000);
  assert.equal(lag.records(stored(10)), 0);
});

test('between one object and the next the age does not fall: what follows is not older than what is stored', () => {
  const lag = new Lag(50_000);
  lag.logEnds(1000, 60_000, stored(10));
  assert.equal(lag.oldestMs(61_000, stored(10, { storedTimestamp: 20_000 })), 41_000);
});

test('records are not counted until both ends are known, and never below 0', () => {
  const lag = new Lag(0);
  assert.equal(lag.records(stored(10)), undefined);
  lag.logEnds(8, 0, stored(10));
  assert.equal(lag.records(undefined), undefined);
  assert.equal(lag.records(stored(10)), 0);
});
