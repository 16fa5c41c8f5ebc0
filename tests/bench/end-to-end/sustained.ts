import { setTimeout as sleep } from 'node:timers/promises';

/** How many events are due and not stored yet, some time after the first was due. */
export interface Lag {
  readonly seconds: number;
  readonly events: number;
}

/** Of the rate: the lag of a pipeline that falls behind by less is taken for flat. */
const FLAT_SHARE = 0.05;
const POLL_MS = 100;
/** The least rate that is tried, and how much more each next one is. */
const FIRST_RATE = 2_000;
const STEP = 1.1;
const STEPS = 24;

/** Whether the lag stands still in the second half of what was seen, whatever it rose to at first. */
export function isFlat(lags: readonly Lag[], ratePerSecond: number): boolean {
  const last = lags.at(-1)?.seconds ?? 0;
  const late = lags.filter(({ seconds }) => seconds >= last / 2);
  return late.length >= 2 && slope(late) <= ratePerSecond * FLAT_SHARE;
}

/** Of the line with the least squares, events a second. */
function slope(lags: readonly Lag[]): number {
  const mean = (of: (lag: Lag) => number) => lags.reduce((sum, lag) => sum + of(lag), 0) / lags.length;
  const [time, events] = [mean((lag) => lag.seconds), mean((lag) => lag.events)];
  const above = lags.reduce((sum, lag) => sum + (lag.seconds - time) * (lag.events - events), 0);
  return above / lags.reduce((sum, lag) => sum + (lag.seconds - time) ** 2, 0);
}

/** Follows the lag for so long after the first event was due. @param stored how many events are stored by now */
export async function watchLag(
  ratePerSecond: number,
  seconds: number,
  stored: () => Promise<number>,
): Promise<readonly Lag[]> {
  const begun = performance.now();
  const lags: Lag[] = [];
  for (;;) {
    const storedNow = await stored();
    const passed = (performance.now() - begun) / 1_000;
    if (passed > seconds) return lags;
    lags.push({ seconds: passed, events: ratePerSecond * passed - storedNow });
    await sleep(POLL_MS);
  }
}

/**
 * The highest of some rates, each a tenth above the one before, at which `isSustained`: found in at most five tries.
 *
 * @returns 0 where not even the least is
 */
export async function highestRate(isSustained: (ratePerSecond: number) => Promise<boolean>): Promise<number> {
  const rates = Array.from({ length: STEPS }, (_, step) => Math.round(FIRST_RATE * STEP ** step));
  let [sustained, refused] = [-1, rates.length];
  while (refused - sustained > 1) {
    const middle = Math.floor((sustained + refused) / 2);
    if (await isSustained(rates[middle] ?? 0)) sustained = middle;
    else refused = middle;
  }
  return rates[sustained] ?? 0;
}
