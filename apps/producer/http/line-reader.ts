import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import { GrowingBuffer } from './growing-buffer.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/**
 * A line without its end: the bytes of `source` from `start` up to `end`. Where it was not kept nothing of it is there.
 */
export interface Line {
  /** From 1, counting blank lines too. */
  readonly number: number;
  readonly lost: Lost | undefined;
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Why nothing of a line was kept: it is longer than allowed, or there was no room for its beginning. */
export type Lost = 'too-long' | 'queue-full';

export interface LineReaderOptions {
  /** The longest line. */
  readonly maxBytes: number;
  /** From when the reader is ready for a line to the line's end. */
  readonly lineMs: number;
  /** What is kept of a line that is not whole counts against it. */
  readonly budget: MemoryAccount;
  /** How long such a line waits for room before it is given up. */
  readonly patienceMs: number;
}

/** @param deadline as of `performance.now()`. @returns `undefined` at the end of the body */
export type ReadPiece = (deadline: number) => Promise<Buffer | undefined>;

const NOTHING = Buffer.alloc(0);

/**
 * Splits bytes at `\n` or `\r\n`. Blank lines are passed over; a line that is too long is named and its rest is
 * thrown away as it comes, so that memory holds one piece of the body and one line at most.
 *
 * Lines that are there are taken one after the other without waiting: an `await` for each made garbage of
 * its own.
 */
export class LineReader {
  readonly #read: ReadPiece;
  readonly #options: LineReaderOptions;
  #piece: Buffer | undefined;
  /** Where in the piece the next line begins, or goes on. */
  #start = 0;
  #number = 1;
  /** Of a line that began in earlier pieces: what is kept of it, how long it is, and why nothing is kept. */
  readonly #kept: GrowingBuffer;
  #bytes = 0;
  #lost: Lost | undefined;
  #needsRoom = false;
  #wantedBytes = 0;
  #next: Line | undefined;

  constructor(read: ReadPiece, options: LineReaderOptions) {
    this.#read = read;
    this.#options = options;
    // One more than a line may have, for its return.
    this.#kept = new GrowingBuffer(options.budget, options.maxBytes + 1);
  }

  /** Reads until there is a line; false at the end of the body. @throws what the reading throws */
  async fill(): Promise<boolean> {
    const { lineMs } = this.#options;
    let deadline = performance.now() + lineMs;
    let before = this.#number;
    while ((this.#next ??= this.#split()) === undefined) {
      if (this.#needsRoom) {
        await this.#waitForRoom();
        deadline = performance.now() + lineMs;
        continue;
      }
      // A blank line is a line too.
      if (this.#number > before) deadline = performance.now() + lineMs;
      before = this.#number;
      this.#piece = await this.#read(deadline);
      this.#start = 0;
      if (this.#piece !== undefined) continue;
      this.#next = this.#join();
      return this.#next !== undefined;
    }
    return true;
  }

  /** The next line that is there already. */
  take(): Line | undefined {
    const line = this.#next ?? this.#split();
    this.#next = undefined;
    return line;
  }

  /** Keeps nothing more. */
  close(): void {
    this.#kept.clear();
  }

  #split(): Line | undefined {
    while (this.#piece !== undefined) {
      const piece = this.#piece;
      const start = this.#start;
      const newline = piece.indexOf(NEWLINE, start);
      const end = newline === -1 ? piece.length : newline;
      const isWhole = newline !== -1 && this.#bytes === 0;
      if (!isWhole && !this.#keep(piece, start, end)) return undefined;
      this.#start = end + 1;
      if (newline === -1) {
        this.#piece = undefined;
        return undefined;
      }
      const line = isWhole ? this.#line(piece, start, end) : this.#join();
      if (line !== undefined) return line;
    }
    return undefined;
  }

  /** @returns false, with nothing changed, where there is no room */
  #keep(piece: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes + end - start;
    if (bytes > this.#options.maxBytes + 1) this.#lose('too-long');
    this.#needsRoom = this.#lost === undefined && !this.#kept.append(piece.subarray(start, end));
    this.#wantedBytes = end - start;
    if (this.#needsRoom) return false;
    this.#bytes = bytes;
    return true;
  }

  #lose(lost: Lost): void {
    this.#lost ??= lost;
    this.#kept.clear();
  }

  /** Tries again until there is room; when its time is up, the line is given up and with it what was kept. */
  async #waitForRoom(): Promise<void> {
    const signal = AbortSignal.timeout(this.#options.patienceMs);
    while (this.#needsRoom && !signal.aborted) {
      await this.#kept.room(this.#wantedBytes, signal);
      this.#next ??= this.#split();
    }
    if (this.#needsRoom) this.#lose('queue-full');
  }

  /** The line that was kept. */
  #join(): Line | undefined {
    const lost = this.#lost;
    const bytes = this.#bytes;
    this.#lost = undefined;
    this.#bytes = 0;
    return this.#line(this.#kept.take(), 0, bytes, lost);
  }

  /** `undefined` where it is blank. Of one that was too long to be kept only the length is right. */
  #line(source: Buffer, start: number, newline: number, lost?: Lost): Line | undefined {
    const end = newline > start && source[newline - 1] === RETURN ? newline - 1 : newline;
    const number = this.#number++;
    const why = lost ?? (end - start > this.#options.maxBytes ? 'too-long' : undefined);
    if (why !== undefined) return { number, lost: why, source: NOTHING, start: 0, end: 0 };
    if (end === start || ((source[start] ?? 0) <= SPACE && isBlank(source, start, end))) return undefined;
    return { number, lost: undefined, source, start, end };
  }
}

/** Whether there is nothing but the blanks that JSON allows around a text. */
function isBlank(source: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (source[at] === SPACE || source[at] === TAB || source[at] === RETURN)) at++;
  return at === end;
}
