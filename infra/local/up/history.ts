import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Figures } from './figures.ts';

/** The figures of one moment, of those programs that responded. */
export interface Sample extends Partial<Figures> {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Events per second; undefined for a program that did not respond. */
export interface Rates {
  readonly accepted: number | undefined;
  readonly refused: number | undefined;
  readonly stored: number | undefined;
}

export const SAMPLE_EVERY_MS = 5_000;
/** One hour. */
const KEPT = 720;

/** Samples of the last hour in a file, written by one process and read by others. The file has at most two hours of them. */
export class History {
  readonly #path: string;
  #samples: Sample[] = [];
  #lines = 0;

  /** Begins an empty history. */
  constructor(path: string) {
    this.#path = path;
    rmSync(path, { force: true });
  }

  /** Ignores a sample that comes too soon after the last one. */
  add(sample: Sample): void {
    if (sample.at - (this.#samples.at(-1)?.at ?? 0) < SAMPLE_EVERY_MS) return;
    this.#samples = [...this.#samples, sample].slice(-KEPT);
    if (this.#lines < 2 * KEPT) {
      appendFileSync(this.#path, `${JSON.stringify(sample)}\n`, { mode: 0o600 });
      this.#lines += 1;
      return;
    }
    const text = this.#samples.map((kept) => `${JSON.stringify(kept)}\n`).join('');
    writeFileSync(`${this.#path}.unfinished`, text, { mode: 0o600 });
    renameSync(`${this.#path}.unfinished`, this.#path);
    this.#lines = this.#samples.length;
  }
}

/** The samples of the last hour, oldest first; empty if there is no file. A line that is being written is left out. */
export function readHistory(path: string): Sample[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines
    .filter((line) => line !== '')
    .slice(-KEPT)
    .map((line) => JSON.parse(line) as Sample);
}

/**
 * Rates over the samples of some time until `now`. A count that falls is of a program that has started again, and counts
 * from 0.
 */
export function ratesOf(samples: readonly Sample[], lastMs: number, now: number): Rates {
  const recent = samples.filter(({ at }) => at >= now - lastMs && at <= now);
  const rate = (figure: keyof Rates): number | undefined => {
    const known = recent.flatMap(({ at, [figure]: value }) => (value === undefined ? [] : [{ at, value }]));
    const [first] = known;
    const last = known.at(-1);
    if (first === undefined || last === undefined || first === last) return undefined;
    let sum = 0;
    let before = first.value;
    for (const { value } of known) {
      sum += value >= before ? value - before : value;
      before = value;
    }
    return (sum * 1000) / (last.at - first.at);
  };
  return { accepted: rate('accepted'), refused: rate('refused'), stored: rate('stored') };
}
