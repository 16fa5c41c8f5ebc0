import type { RunCollector } from './v8-flags.ts';

/**
 * Calls V8's collector before much that was let go piles up outside of V8's heap, such as the buffers of a socket. By itself
 * V8 waits for 64 MiB and then marks its whole heap; a look at the young generation takes a millisecond
 * (docs/performance-notes.md).
 */
export class GcPacer {
  readonly #minorBytes: number;
  readonly #majorBytes: number;
  readonly #collect: RunCollector;
  #sinceMinor = 0;
  #sinceMajor = 0;

  /**
   * @param minorBytes the young generation is collected whenever so many bytes have been let go
   * @param majorBytes all is collected instead whenever so many have, since some of it became old all the same
   */
  constructor(minorBytes: number, majorBytes: number, collect: RunCollector) {
    this.#minorBytes = minorBytes;
    this.#majorBytes = majorBytes;
    this.#collect = collect;
  }

  /** Hears that so many bytes were let go. */
  note(bytes: number): void {
    this.#sinceMinor += bytes;
    this.#sinceMajor += bytes;
    if (this.#sinceMinor < this.#minorBytes) return;
    this.#sinceMinor = 0;
    const type = this.#sinceMajor < this.#majorBytes ? 'minor' : 'major';
    if (type === 'major') this.#sinceMajor = 0;
    this.#collect(type);
  }
}
