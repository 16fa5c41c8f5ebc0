import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highestRate, isFlat, outcomeOf, watchLag, type Lag, type Outcome } from './end-to-end/sustained.ts';

const RATE = 5_000;

/** Seen every 100 ms for five seconds, in waves as segments are closed. */
function lags(eventsAt: (seconds: number) => number): readonly Lag[] {
  return Array.from({ length: 50 }, (_, n) => ({
    seconds: n / 10,
    events: eventsAt(n / 10) + (n % 3) * 400,
  }));
}

test('a lag that rises at first and then stands still is flat', () => {
  const flat = lags((seconds) => Math.min(seconds, 1.6) * 1_000);
  assert.ok(isFlat(flat, RATE));
});

test('a lag that jumps for half a second, be it the last, is flat', () => {
  for (const from of [1.7, 3, 4.5]) {
    const pause = (seconds: number) => (seconds >= from && seconds < from + 0.5 ? RATE / 2 : 0);
    assert.ok(isFlat(lags(pause), RATE), `from ${from} s`);
  }
});

test('a lag that grows by a tenth of the rate is not flat', () => {
  const growing = lags((seconds) => seconds * 500);
  assert.ok(!isFlat(growing, RATE));
});

test('a lag that was not followed is not flat', () => {
  assert.ok(!isFlat([], RATE));
});

test('a lag above two seconds is not flat, and is followed no further', async () => {
  const seen = await watchLag(RATE, 10, () => Promise.resolve(-3 * RATE));
  assert.equal(seen.length, 1);
  assert.ok(!isFlat(seen, RATE));
  const high = lags(() => 2.1 * RATE);
  assert.ok(!isFlat(high, RATE));
});

test('a rate that the generator could not send is neither sustained nor the pipeline’s', () => {
  const growing = lags((seconds) => seconds * 1_000);
  const flat = lags(() => 0);
  assert.equal(outcomeOf(growing, RATE, 0.97), 'not sent');
  assert.equal(outcomeOf(growing, RATE, 0.5), 'behind');
  assert.equal(outcomeOf(flat, RATE, 0.97), 'sustained');
});

test('the highest sustained rate is found within an eighth', async () => {
  for (const top of [4_000, 4_479, 7_000, 19_600]) {
    let tries = 0;
    const { perSecond, next } = await highestRate((rate) => {
      tries += 1;
      return Promise.resolve(rate <= top ? 'sustained' : 'behind');
    });
    assert.ok(perSecond <= top && perSecond * 1.121 > top, `${perSecond} of ${top}`);
    assert.equal(next, top < 19_000 ? 'behind' : undefined);
    assert.ok(tries <= 8, `${tries} tries`);
  }
});

test('it says what came of the next rate', async () => {
  const always = (outcome: Outcome) => highestRate(() => Promise.resolve(outcome));
  assert.deepEqual(await always('behind'), { perSecond: 0, next: 'behind' });
  assert.deepEqual(await always('not sent'), { perSecond: 0, next: 'not sent' });
  assert.equal((await always('sustained')).next, undefined);
});

test('one disturbance hides no higher rate', async () => {
  let disturbed = false;
  const { perSecond } = await highestRate((rate) => {
    const now = !disturbed;
    disturbed = true;
    return Promise.resolve(rate <= 12_000 && !now ? 'sustained' : 'behind');
  });
  assert.ok(perSecond > 10_700, String(perSecond));
});
