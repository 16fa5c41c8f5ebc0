/** What is needed of a stream that people or programs read. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const QUIET_MS = 5_000;

/**
 * Output for people. On a terminal, a step and the live line replace themselves; elsewhere each is a separate line, and
 * repetitions are omitted.
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

  /** Shows the current step; `step: detail` if the detail changes often. */
  step(text: string): void {
    const step = text.split(':')[0] ?? text;
    this.#replace(text, step !== this.#step);
    this.#step = step;
  }

  /** Shows the current state; may be called at any rate. */
  live(text: string): void {
    this.#replace(text, false);
    this.#step = '';
  }

  /** Prints a permanent line. */
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
