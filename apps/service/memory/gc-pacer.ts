import type { RunCollector } from './v8-flags.ts';

/**
 * Runs V8's garbage collector before much garbage piles up outside of V8's heap, such as the buffers of a socket. By itself
 * V8 waits for 64 MiB and then marks its whole heap, which costs more than a few collections of the young generation
 * (docs/performance-notes.md).
 */
export class GcPacer {
  readonly #minorBytes: number;
  readonly #majorBytes: number;
  readonly #collect: RunCollector;
  #sinceMinor = 0;
  #sinceMajor = 0;

  /**
   * @param minorBytes bytes of garbage after which the young generation is collected
   * @param majorBytes bytes of garbage after which the whole heap is collected instead, since some buffers were promoted
   */
  constructor(minorBytes: number, majorBytes: number, collect: RunCollector) {
    this.#minorBytes = minorBytes;
    this.#majorBytes = majorBytes;
    this.#collect = collect;
  }

  /** Notes that buffers of so many bytes have become garbage. */
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
