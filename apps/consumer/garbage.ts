/** Collects what is garbage now: of the young generation alone, or all of it. */
export type CollectGarbage = (type: 'minor' | 'major') => void;

/** What was fetched is let go within milliseconds, while its buffers are young. */
const MINOR_SHARE = 1 / 8;
/** For what became old all the same. */
const MAJOR_SHARE = 4;

/**
 * Has garbage collected before much of it piles up. Left to itself, V8 waits until 64 MiB outside of its heap are let
 * go, or its heap has doubled, whatever the bound of this process is. Collecting all of it looks at the whole heap, which
 * took a third of the consumer's processor time; looking at the young generation takes a millisecond.
 */
export class Garbage {
  readonly #bound: number;
  readonly #collect: CollectGarbage;
  #sinceMinor = 0;
  #sinceMajor = 0;

  /** @param bound of what the process may hold; garbage is collected whenever a share of it has been let go */
  constructor(bound: number, collect: CollectGarbage) {
    this.#bound = bound;
    this.#collect = collect;
  }

  add(bytes: number): void {
    this.#sinceMinor += bytes;
    this.#sinceMajor += bytes;
    if (this.#sinceMinor < this.#bound * MINOR_SHARE) return;
    this.#sinceMinor = 0;
    const type = this.#sinceMajor < this.#bound * MAJOR_SHARE ? 'minor' : 'major';
    if (type === 'major') this.#sinceMajor = 0;
    this.#collect(type);
  }
}
