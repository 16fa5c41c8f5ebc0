/** What is needed of a stream that people or programs read. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const QUIET_MS = 5_000;

/**
 * Lines for people. Where a person watches, a step and the live line replace themselves; elsewhere each is a line of
 * its own, and what would only repeat is left out.
 */
export class Terminal {
  readonly #result: Output;
  readonly #watched: Output;
  #replaceable = false;
  #step = '';
  #wroteAt = Number.NEGATIVE_INFINITY;

  /**
   * @param result what the command was called for: a table, or one line of JSON
   * @param watched everything else
   */
  constructor(result: Output, watched: Output) {
    this.#result = result;
    this.#watched = watched;
  }

  /** What is being done; `step: detail` with a detail that changes often. */
  step(text: string): void {
    const step = text.split(':')[0] ?? text;
    this.#replace(text, step !== this.#step);
    this.#step = step;
  }

  /** How things stand; called as often as one likes. */
  live(text: string): void {
    this.#replace(text, false);
    this.#step = '';
  }

  /** A line that stays. */
  print(text: string): void {
    this.#clear();
    this.#watched.write(`${text}\n`);
  }

  result(text: string): void {
    this.#clear();
    this.#result.write(`${text}\n`);
  }

  #replace(text: string, isNew: boolean): void {
    if (this.#watched.isTTY === true) {
      this.#clear();
      this.#watched.write(text);
      this.#replaceable = true;
      return;
    }
    if (!isNew && performance.now() - this.#wroteAt < QUIET_MS) return;
    this.#wroteAt = performance.now();
    this.#watched.write(`${text}\n`);
  }

  #clear(): void {
    if (this.#replaceable) this.#watched.write('\r\x1b[K');
    this.#replaceable = false;
  }
}
