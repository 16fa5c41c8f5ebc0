const RETURN = 0x0d;
const NEWLINE = 0x0a;
const EMPTY_LINE = '\r\n\r\n';

/**
 * Finds where empty lines end in bytes that come in pieces. The head of every request ends with one, and so does every
 * body whose length was not said (RFC 9112, 2.1 and 7.1).
 */
export class EmptyLines {
  /** How much of an empty line stands at the end of what has gone by. */
  #matched = 0;

  /** @returns where the first empty line ends in `bytes`, or their length where none does */
  next(bytes: Buffer): number {
    let at = 0;
    // What began in an earlier piece.
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

  /** What comes next follows nothing. */
  reset(): void {
    this.#matched = 0;
  }

  /** @returns whether an empty line ends with the byte */
  #match(byte: number | undefined): boolean {
    if (byte === RETURN) this.#matched = this.#matched === 2 ? 3 : 1;
    else if (byte === NEWLINE && this.#matched % 2 === 1) this.#matched++;
    else this.#matched = 0;
    if (this.#matched < EMPTY_LINE.length) return false;
    this.reset();
    return true;
  }
}
