import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import { GrowingBuffer } from './growing-buffer.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** A line without its line break: the bytes [start, end) of `source`. Empty if the line was lost. */
export interface Line {
  /** From 1; blank lines count too. */
  readonly number: number;
  readonly lost: Lost | undefined;
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Why a line was discarded: it is too long, or the budget had no room for it. */
export type Lost = 'too-long' | 'queue-full';

export interface LineReaderOptions {
  /** Longest allowed line. */
  readonly maxBytes: number;
  /** Timeout from the request for a line to its end. */
  readonly lineMs: number;
  /** Counts the bytes of an incomplete line. */
  readonly budget: MemoryAccount;
  /** How long an incomplete line waits for room before it is discarded. */
  readonly patienceMs: number;
}

/** @param deadline as of `performance.now()`. @returns `undefined` at the end of the body */
export type ReadPiece = (deadline: number) => Promise<Buffer | undefined>;

const NOTHING = Buffer.alloc(0);

/**
 * Splits a body at `\n` or `\r\n`. Skips blank lines; reports a line that is too long and discards its rest on arrival.
 * Memory holds at most one piece of the body and one line.
 *
 * {@link take} returns the available lines without waiting: an `await` for each line would produce garbage.
 */
export class LineReader {
  readonly #read: ReadPiece;
  readonly #options: LineReaderOptions;
  #piece: Buffer | undefined;
  /** Where the next line starts or continues in the piece. */
  #start = 0;
  #number = 1;
  /** A line that started in earlier pieces: its bytes, its length, and why it was discarded. */
  readonly #kept: GrowingBuffer;
  #bytes = 0;
  #lost: Lost | undefined;
  #needsRoom = false;
  #wantedBytes = 0;
  #next: Line | undefined;

  constructor(read: ReadPiece, options: LineReaderOptions) {
    this.#read = read;
    this.#options = options;
    // One more byte for the `\r`.
    this.#kept = new GrowingBuffer(options.budget, options.maxBytes + 1);
  }

  /** Reads until a line is available. @returns false at the end of the body. @throws errors of the read */
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
      // A blank line also restarts the timeout.
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

  /** The next available line. */
  take(): Line | undefined {
    const line = this.#next ?? this.#split();
    this.#next = undefined;
    return line;
  }

  /** Frees its memory. */
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

  /** @returns false, without any change, if the budget has no room */
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

  /** Waits for room; discards the line when its time is up. */
  async #waitForRoom(): Promise<void> {
    const signal = AbortSignal.timeout(this.#options.patienceMs);
    while (this.#needsRoom && !signal.aborted) {
      await this.#kept.room(this.#wantedBytes, signal);
      this.#next ??= this.#split();
    }
    if (this.#needsRoom) this.#lose('queue-full');
  }

  /** Completes the line that started in earlier pieces. */
  #join(): Line | undefined {
    const lost = this.#lost;
    const bytes = this.#bytes;
    this.#lost = undefined;
    this.#bytes = 0;
    return this.#line(this.#kept.take(), 0, bytes, lost);
  }

  /** `undefined` if it is blank. For a line that was too long to keep, only the length is correct. */
  #line(source: Buffer, start: number, newline: number, lost?: Lost): Line | undefined {
    const end = newline > start && source[newline - 1] === RETURN ? newline - 1 : newline;
    const number = this.#number++;
    const why = lost ?? (end - start > this.#options.maxBytes ? 'too-long' : undefined);
    if (why !== undefined) return { number, lost: why, source: NOTHING, start: 0, end: 0 };
    if (end === start || ((source[start] ?? 0) <= SPACE && isBlank(source, start, end))) return undefined;
    return { number, lost: undefined, source, start, end };
  }
}

/** Whether the bytes are only the whitespace that JSON allows around a text. */
function isBlank(source: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (source[at] === SPACE || source[at] === TAB || source[at] === RETURN)) at++;
  return at === end;
}
