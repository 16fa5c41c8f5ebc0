import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Problem } from './problem.ts';

/**
 * A request whose body is read only when the exchange allows it. Node's own class resumes the socket after each piece.
 */
export class PacedRequest extends IncomingMessage {
  exchange: Exchange | undefined;

  override _read(size: number): void {
    if (this.exchange?.reads !== false) super._read(size);
  }
}

/** Callbacks of the connection for the reader of a body. */
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

/** The exchange of a request; a new one for a request without a connection, such as an injected one. */
export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const own = request instanceof PacedRequest ? request.exchange : undefined;
  return own ?? new Exchange(request, response, NOBODY);
}

/**
 * One request that Node's parser reads, from its head until it is read and has its response. Connects the connection
 * with the reader of the body.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** From `Content-Length`; 0 if absent. */
  readonly declaredBytes: number;
  /**
   * Whether Node's server may read the body directly from the socket. What the client sends behind that body is not
   * executed before the response ends.
   */
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

  /** Whether bytes may be read: a reader waits for them, or they are discarded after the response. */
  get reads(): boolean {
    return !this.request.complete && (this.#wanted || this.#answered);
  }

  get answered(): boolean {
    return this.#answered;
  }

  get isOver(): boolean {
    return this.#answered && this.request.complete;
  }

  /** Reads until the next piece arrives. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#listener.onWanted();
  }

  /** A piece has arrived. */
  noteRead(): void {
    this.#wanted = false;
  }

  /** A piece has arrived without a waiting reader, of a body that Node's server reads by itself. */
  noteUnread(): void {
    this.#listener.onUnread();
  }

  /** The body arrives in small pieces, so Node's server must not read it directly. */
  noteSmallPieces(): void {
    this.#listener.onSmallPieces();
  }

  noteResponded(): void {
    this.#answered = true;
  }

  /** Ends the body of an incomplete request with an error for its reader. */
  fail(problem: Problem): void {
    if (this.request.complete || this.#failure !== undefined) return;
    this.#failure = problem;
    this.#onFailure?.(problem);
  }

  /** Registers the reader's error callback; calls it at once if the body has failed already. */
  onFailure(listener: (problem: Problem) => void): void {
    this.#onFailure = listener;
    if (this.#failure !== undefined) listener(this.#failure);
  }
}
