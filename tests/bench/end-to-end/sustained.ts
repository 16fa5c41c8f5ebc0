import { setTimeout as sleep } from 'node:timers/promises';

/** How many events are due and not stored yet, some time after the first was due. */
export interface Lag {
  readonly seconds: number;
  readonly events: number;
}

/**
 * What came of a rate. `behind`: the pipeline, or the machine as a whole, did not store it as fast; `not sent`: it was
 * the generator that could not send it, which says nothing of the pipeline.
 */
export type Outcome = 'sustained' | 'behind' | 'not sent';

export interface Highest {
  /** 0 where not even the least is sustained. */
  readonly perSecond: number;
  /** What came of the next rate; undefined where there is none. */
  readonly next: Exclude<Outcome, 'sustained'> | undefined;
}

/** Of the rate: the lag of a pipeline that falls behind by less is taken for flat. */
const FLAT_SHARE = 0.05;
/** Of one core. Above it a program with one thread has no time left. */
const FULL_SHARE = 0.9;
/** A lag of so long is not waited for to grow further. */
const HOPELESS_SECONDS = 2;
const POLL_MS = 100;
/** The least rate that is tried, and how much more each next one is. */
const FIRST_RATE = 4_000;
const STEP = 1.12;
const STEPS = 15;

/**
 * Whether the lag stands still from the middle third of the time to the last, whatever it rose to at first. Held
 * against each other are the medians: objects are closed in waves, and a pause of some hundred milliseconds is none of
 * the rate's doing.
 */
export function isFlat(lags: readonly Lag[], ratePerSecond: number): boolean {
  if (lags.some((lag) => isHopeless(lag, ratePerSecond))) return false;
  const third = (lags.at(-1)?.seconds ?? 0) / 3;
  const middle = medianEvents(lags.filter(({ seconds }) => seconds >= third && seconds < 2 * third));
  const last = medianEvents(lags.filter(({ seconds }) => seconds >= 2 * third));
  return last - middle <= ratePerSecond * FLAT_SHARE * third;
}

function medianEvents(lags: readonly Lag[]): number {
  const ascending = lags.map(({ events }) => events).sort((a, b) => a - b);
  return ascending[Math.floor(ascending.length / 2)] ?? Number.NaN;
}

function isHopeless({ events }: Lag, ratePerSecond: number): boolean {
  return events > HOPELESS_SECONDS * ratePerSecond;
}

/** @param generatorShare processor time of the generator in the time in which it sent, of one core */
export function outcomeOf(lags: readonly Lag[], ratePerSecond: number, generatorShare: number): Outcome {
  if (isFlat(lags, ratePerSecond)) return 'sustained';
  return generatorShare >= FULL_SHARE ? 'not sent' : 'behind';
}

/**
 * Follows the lag for so long after the first event was due, or until it is hopeless.
 *
 * @param stored how many events are stored by now
 */
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
    const lag = { seconds: passed, events: ratePerSecond * passed - storedNow };
    lags.push(lag);
    if (isHopeless(lag, ratePerSecond)) return lags;
    await sleep(POLL_MS);
  }
}

/**
 * The highest of some rates, each an eighth above the one before, that is sustained. A rate that is not is tried once
 * more before it is believed: one disturbance would hide every rate above it. At most eight tries.
 */
export async function highestRate(tryRate: (ratePerSecond: number) => Promise<Outcome>): Promise<Highest> {
  const rates = Array.from({ length: STEPS }, (_, step) => Math.round(FIRST_RATE * STEP ** step));
  let [sustained, refused] = [-1, rates.length];
  let next: Highest['next'];
  while (refused - sustained > 1) {
    const middle = Math.floor((sustained + refused) / 2);
    const rate = rates[middle] ?? 0;
    let outcome = await tryRate(rate);
    if (outcome !== 'sustained') outcome = await tryRate(rate);
    if (outcome === 'sustained') sustained = middle;
    else [refused, next] = [middle, outcome];
  }
  return { perSecond: rates[sustained] ?? 0, next };
}
