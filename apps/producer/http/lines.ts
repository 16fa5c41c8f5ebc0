const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * A line without its end: the bytes of `source` from `start` up to `end`. Where it is longer than allowed nothing of it
 * is there.
 */
export interface Line {
  /** From 1, counting blank lines too. */
  readonly number: number;
  readonly tooLong: boolean;
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Splits bytes at `\n` or `\r\n`. Blank lines are passed over; a line that is too long is named and its rest is
 * thrown away as it comes, so that memory holds one piece of the body and one line at most.
 *
 * Lines that are there are taken one after the other without waiting: an `await` for each made garbage of
 * its own.
 */
export class LineReader {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #maxBytes: number;
  #piece: Buffer | undefined;
  /** Where in the piece the next line begins. */
  #start = 0;
  #number = 1;
  /** Of a line that began in earlier pieces. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #next: Line | undefined;

  constructor(pieces: AsyncIterable<Buffer>, maxBytes: number) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#maxBytes = maxBytes;
  }

  /** Reads until there is a line; false at the end of the body. @throws what the reading throws */
  async fill(): Promise<boolean> {
    while ((this.#next ??= this.#split()) === undefined) {
      const next = await this.#pieces.next();
      if (next.done === true) {
        this.#next = this.#join();
        return this.#next !== undefined;
      }
      this.#piece = next.value;
      this.#start = 0;
    }
    return true;
  }

  /** The next line that is there already. */
  take(): Line | undefined {
    const line = this.#next ?? this.#split();
    this.#next = undefined;
    return line;
  }

  #split(): Line | undefined {
    while (this.#piece !== undefined) {
      const piece = this.#piece;
      const start = this.#start;
      const end = piece.indexOf(NEWLINE, start);
      if (end === -1) {
        if (start < piece.length) this.#keep(piece.subarray(start));
        this.#piece = undefined;
        return undefined;
      }
      this.#start = end + 1;
      let line: Line | undefined;
      if (this.#bytes === 0) line = this.#line(piece, start, end);
      else {
        this.#keep(piece.subarray(start, end));
        line = this.#join();
      }
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    // One more than a line may have, for its return.
    if (this.#bytes <= this.#maxBytes + 1) this.#parts.push(part);
    else this.#parts = [];
  }

  /** The line that the parts make. */
  #join(): Line | undefined {
    const bytes = this.#bytes;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return this.#line(whole, 0, bytes);
  }

  /** `undefined` where it is blank. Of one that was too long to be kept only the length is right. */
  #line(source: Buffer, start: number, newline: number): Line | undefined {
    const end = newline > start && source[newline - 1] === RETURN ? newline - 1 : newline;
    const number = this.#number++;
    if (end - start > this.#maxBytes) return { number, tooLong: true, source: NOTHING, start: 0, end: 0 };
    return end === start ? undefined : { number, tooLong: false, source, start, end };
  }
}
