import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highestRate, isFlat, type Lag } from './end-to-end/sustained.ts';

/** Seen every 100 ms for six seconds, in waves as links are closed. */
function lags(eventsAt: (seconds: number) => number): readonly Lag[] {
  return Array.from({ length: 60 }, (_, n) => ({
    seconds: n / 10,
    events: eventsAt(n / 10) + (n % 3) * 100,
  }));
}

test('a lag that rises at first and then stands still is flat', () => {
  assert.ok(
    isFlat(
      lags((seconds) => Math.min(seconds, 2) * 1_000),
      5_000,
    ),
  );
});

test('a lag that grows by a tenth of the rate is not flat', () => {
  assert.ok(
    !isFlat(
      lags((seconds) => seconds * 500),
      5_000,
    ),
  );
});

test('a lag that was not followed is not flat', () => {
  assert.ok(!isFlat([], 5_000));
});

test('the highest sustained rate is found in at most five tries, within a tenth', async () => {
  for (const top of [2_000, 2_199, 7_000, 17_000]) {
    let tries = 0;
    const found = await highestRate((rate) => {
      tries += 1;
      return Promise.resolve(rate <= top);
    });
    assert.ok(found <= top && found * 1.11 > top, `${found} of ${top}`);
    assert.ok(tries <= 5, `${tries} tries`);
  }
  assert.equal(await highestRate(() => Promise.resolve(false)), 0);
});
