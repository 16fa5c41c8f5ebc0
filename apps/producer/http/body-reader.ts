import type { Exchange } from './exchange.ts';
import { incompleteBody, type Problem } from './problem.ts';

/** Smaller pieces are copied together: a Buffer object costs some 400 bytes besides its content. */
const SMALL_BYTES = 1_024;
const GATHERED_BYTES = 4_096;
/** A row of this many small pieces is not just the end of larger ones. */
const MANY = 32;

interface Waiting {
  readonly resolve: (piece: Buffer | undefined) => void;
  readonly reject: (problem: Problem) => void;
}

/**
 * Reads a body piece by piece, as fast as it is asked: otherwise the data waits in the socket. Does not destroy the
 * request if the reader stops early, since the response must still be written.
 */
export class BodyReader {
  readonly #exchange: Exchange;
  #pieces: Buffer[] = [];
  /** The last buffer, behind the pieces, and its filled size. */
  #gathered: Buffer | undefined;
  #filled = 0;
  /** Number of small pieces in a row. */
  #small = 0;
  #waiting: Waiting | undefined;
  #ended = false;
  #failure: Problem | undefined;
  #closed = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    const { request } = exchange;
    const onAbort = () => {
      // Also emitted after the end of the body.
      if (!request.complete) this.fail(incompleteBody());
    };
    request.on('data', (piece: Buffer) => this.#onPiece(piece)).on('end', () => this.#onEnd());
    request.on('error', onAbort).on('close', onAbort);
    exchange.onFailure((problem) => {
      // Deliver what arrived before the failure.
      while (request.read() !== null);
      this.fail(problem);
    });
  }

  /**
   * The next piece; `undefined` at the end of the body.
   *
   * @param deadline as of `performance.now()`; after it the read fails with `late`
   * @throws {Problem} `late`, or the reason why the body has ended early
   */
  read(deadline: number, late: () => Problem): Promise<Buffer | undefined> {
    const piece = this.#take();
    if (piece !== undefined) return Promise.resolve(piece);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
    this.#waiting = { resolve, reject };
    const timer = setTimeout(() => this.fail(late()), Math.max(0, deadline - performance.now()));
    this.#exchange.want();
    return promise.finally(() => clearTimeout(timer));
  }

  /** Ends the body with an error. */
  fail(problem: Problem): void {
    this.#failure ??= problem;
    this.#settle()?.reject(this.#failure);
  }

  /** Discards the rest of the body. */
  close(): void {
    this.#closed = true;
    this.#pieces = [];
    this.#gathered = undefined;
  }

  #onPiece(piece: Buffer): void {
    if (this.#closed) return;
    const isSmall = piece.length < SMALL_BYTES;
    this.#small = isSmall ? this.#small + 1 : 0;
    if (this.#small === MANY) this.#exchange.noteSmallPieces();
    const waiting = this.#settle();
    if (waiting !== undefined) {
      waiting.resolve(piece);
      return;
    }
    this.#exchange.noteUnread();
    if (isSmall) this.#gather(piece);
    else {
      this.#finishGathered();
      this.#pieces.push(piece);
    }
  }

  #onEnd(): void {
    this.#ended = true;
    this.#settle()?.resolve(undefined);
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#exchange.noteRead();
    return waiting;
  }

  #gather(piece: Buffer): void {
    if (this.#gathered === undefined || this.#filled + piece.length > GATHERED_BYTES) {
      this.#finishGathered();
      this.#gathered = Buffer.allocUnsafe(GATHERED_BYTES);
    }
    piece.copy(this.#gathered, this.#filled);
    this.#filled += piece.length;
  }

  #finishGathered(): void {
    if (this.#gathered === undefined) return;
    this.#pieces.push(this.#gathered.subarray(0, this.#filled));
    this.#gathered = undefined;
    this.#filled = 0;
  }

  #take(): Buffer | undefined {
    if (this.#pieces.length === 0) this.#finishGathered();
    return this.#pieces.shift();
  }
}
