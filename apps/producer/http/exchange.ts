import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Problem } from './problem.ts';

/** A request whose body is read when the exchange says so: Node's own has the socket read on after each piece. */
export class PacedRequest extends IncomingMessage {
  exchange: Exchange | undefined;

  override _read(size: number): void {
    if (this.exchange?.reads !== false) super._read(size);
  }
}

/** What the connection does for the reader of a body. */
export interface ExchangeListener {
  onWanted(): void;
  onUnread(): void;
  onSmallPieces(): void;
}

const NOBODY: ExchangeListener = {
  onWanted: () => undefined,
  onUnread: () => undefined,
  onSmallPieces: () => undefined,
};

/** The exchange that a request belongs to; one of its own where it came over no connection, as an injected one does. */
export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const own = request instanceof PacedRequest ? request.exchange : undefined;
  return own ?? new Exchange(request, response, NOBODY);
}

/**
 * One request that Node's parser reads, until it is read to its end and answered: what its connection and the reader of
 * its body tell each other.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of a body whose length was said. */
  readonly declaredBytes: number;
  /** Whether Node's server may read the body by itself, and what is sent behind it before that is answered is not carried out. */
  streams = false;
  readonly #listener: ExchangeListener;
  #wanted = false;
  #answered = false;
  #failure: Problem | undefined;
  #onFailure: ((problem: Problem) => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, listener: ExchangeListener) {
    if (request instanceof PacedRequest) request.exchange = this;
    this.request = request;
    this.response = response;
    this.declaredBytes = Number(request.headers['content-length'] ?? 0);
    this.#listener = listener;
  }

  /** Whether bytes may be read: a reader waits for them, or they are thrown away behind the response. */
  get reads(): boolean {
    return !this.request.complete && (this.#wanted || this.#answered);
  }

  get answered(): boolean {
    return this.#answered;
  }

  get isOver(): boolean {
    return this.#answered && this.request.complete;
  }

  /** Has the body read on, until a piece comes. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#listener.onWanted();
  }

  /** A piece came. */
  noteRead(): void {
    this.#wanted = false;
  }

  /** A piece came that nobody waits for, of a body that Node's server reads by itself. */
  noteUnread(): void {
    this.#listener.onUnread();
  }

  /** The body comes in small pieces: Node's server is not to read it by itself. */
  noteSmallPieces(): void {
    this.#listener.onSmallPieces();
  }

  noteResponded(): void {
    this.#answered = true;
  }

  /** Of a request that is not whole nothing more comes: the reader of its body is to say why. */
  fail(problem: Problem): void {
    if (this.request.complete || this.#failure !== undefined) return;
    this.#failure = problem;
    this.#onFailure?.(problem);
  }

  /** Tells the reader of the body why nothing more comes, at once where that is known already. */
  onFailure(listener: (problem: Problem) => void): void {
    this.#onFailure = listener;
    if (this.#failure !== undefined) listener(this.#failure);
  }
}
