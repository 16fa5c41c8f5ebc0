import type { Progress } from '../../infra/local/host.ts';

interface PartTime {
  readonly part: string;
  readonly seconds: number;
  readonly from: 'built' | 'cache';
}

/** How long each part of the lab took to be there. */
export class PartTimes {
  readonly #times: PartTime[] = [];

  /**
   * Measures what finds a part in the cache, or makes it there.
   *
   * @param make says what it does where it does more than to look: that is how the two are told apart
   */
  async measure<T>(part: string, progress: Progress, make: (progress: Progress) => Promise<T>): Promise<T> {
    const began = performance.now();
    let from: PartTime['from'] = 'cache';
    const made = await make((text) => {
      from = 'built';
      progress(text);
    });
    this.#times.push({ part, seconds: (performance.now() - began) / 1_000, from });
    return made;
  }

  /** The lines of a table in the order of the work, or none where every part was in the cache. */
  table(): readonly string[] {
    if (this.#times.every(({ from }) => from === 'cache')) return [];
    const rows = this.#times.map(({ part, seconds, from }) => [part, seconds.toFixed(1), from] as const);
    const all = [['part', 'seconds', 'from'] as const, ...rows];
    const widthOf = (column: 0 | 1): number => Math.max(...all.map((row) => row[column].length));
    return all.map(
      ([part, seconds, from]) => `${part.padEnd(widthOf(0))}  ${seconds.padStart(widthOf(1))}  ${from}`,
    );
  }
}
