/**
 * Has garbage collected before much of it piles up. Left to itself, V8 waits until 64 MiB outside of its heap are let
 * go, or its heap has doubled, whatever the bound of this process is.
 */
export class Garbage {
  readonly #limit: number;
  readonly #collect: () => void;
  #bytes = 0;

  /** @param collect called whenever so many bytes have been let go */
  constructor(limit: number, collect: () => void) {
    this.#limit = limit;
    this.#collect = collect;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limit) return;
    this.#bytes = 0;
    this.#collect();
  }
}
