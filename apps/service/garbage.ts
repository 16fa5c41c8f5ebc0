import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects what is garbage now: of the young generation alone, or all of it. */
export type CollectGarbage = (type: 'minor' | 'major') => void;

/** V8's own collector, which a program may call from then on. */
export function exposeCollector(): CollectGarbage {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  return (type) => gc({ type, execution: 'sync' });
}

/**
 * Has garbage collected before much of it piles up outside of V8's heap: buffers that came from a socket and are let go
 * within milliseconds. Left to itself, V8 waits until they are 64 MiB and then marks its whole heap, which took a third
 * of a processor's time where bytes stream through; looking at the young generation takes a millisecond.
 */
export class Garbage {
  readonly #minorBytes: number;
  readonly #majorBytes: number;
  readonly #collect: CollectGarbage;
  #sinceMinor = 0;
  #sinceMajor = 0;

  /**
   * @param minorBytes the young generation is collected whenever so many bytes have been let go
   * @param majorBytes all is collected instead whenever so many have, since some of it became old all the same
   */
  constructor(minorBytes: number, majorBytes: number, collect: CollectGarbage) {
    this.#minorBytes = minorBytes;
    this.#majorBytes = majorBytes;
    this.#collect = collect;
  }

  add(bytes: number): void {
    this.#sinceMinor += bytes;
    this.#sinceMajor += bytes;
    if (this.#sinceMinor < this.#minorBytes) return;
    this.#sinceMinor = 0;
    const type = this.#sinceMajor < this.#majorBytes ? 'minor' : 'major';
    if (type === 'major') this.#sinceMajor = 0;
    this.#collect(type);
  }
}
