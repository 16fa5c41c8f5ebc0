const RETURN = 0x0d;
const NEWLINE = 0x0a;
const EMPTY_LINE = '\r\n\r\n';

/**
 * Finds the ends of empty lines in a stream of bytes. Every request head ends with one, and so does every chunked body
 * (RFC 9112, 2.1 and 7.1).
 */
export class EmptyLines {
  /** Number of bytes of an empty line at the end of the previous bytes. */
  #matched = 0;

  /** @returns where the first empty line ends in `bytes`; their length if there is none */
  next(bytes: Buffer): number {
    let at = 0;
    // An empty line that started in earlier bytes.
    while (this.#matched > 0 && at < bytes.length) {
      if (this.#match(bytes[at++])) return at;
    }
    const found = bytes.indexOf(EMPTY_LINE, at, 'latin1');
    if (found !== -1) {
      this.reset();
      return found + EMPTY_LINE.length;
    }
    for (at = Math.max(at, bytes.length - EMPTY_LINE.length + 1); at < bytes.length; at++) {
      this.#match(bytes[at]);
    }
    return bytes.length;
  }

  /** Forgets the previous bytes. */
  reset(): void {
    this.#matched = 0;
  }

  /** @returns whether an empty line ends with this byte */
  #match(byte: number | undefined): boolean {
    if (byte === RETURN) this.#matched = this.#matched === 2 ? 3 : 1;
    else if (byte === NEWLINE && this.#matched % 2 === 1) this.#matched++;
    else this.#matched = 0;
    if (this.#matched < EMPTY_LINE.length) return false;
    this.reset();
    return true;
  }
}
