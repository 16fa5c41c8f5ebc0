import type { Socket } from 'node:net';
import { EmptyLines } from './empty-line.ts';
import type { Exchange } from './exchange.ts';

type Listener = (...values: unknown[]) => void;

/** Events by which Node's server reads from a socket, ends with the client, and closes an idle connection. */
const TAKEN = ['data', 'end', 'timeout'] as const;
/** Event by which Node's server restarts the handle of a paused socket. */
const START = 'resume';

/** Lets Node's HTTP server read one socket: only the bytes that it is given, or everything. */
export class NodeReader {
  readonly #socket: Socket;
  readonly #onData: (chunk: Buffer) => void;
  readonly #read: Listener;
  readonly #start: Listener | undefined;
  readonly #emptyLines = new EmptyLines();
  /** Bytes still to come of a body with a `Content-Length`, and its exchange. */
  #body: { readonly exchange: Exchange | undefined; left: number } = { exchange: undefined, left: 0 };
  #readsAll = true;

  /**
   * Node's server reads everything until {@link stop}.
   *
   * @param onData the only `data` listener of the socket, before and after that
   * @param handOver attaches the server to the socket
   */
  constructor(socket: Socket, onData: (chunk: Buffer) => void, handOver: () => void) {
    this.#socket = socket;
    this.#onData = onData;
    socket.off('data', onData);
    const before = new Set([...TAKEN, START].flatMap((event) => socket.listeners(event)));
    handOver();
    this.#start = (socket.listeners(START) as Listener[]).find((listener) => !before.has(listener));
    const [read] = TAKEN.map((event) => {
      const added = (socket.listeners(event) as Listener[]).filter((listener) => !before.has(listener));
      for (const listener of added) socket.off(event, listener);
      return added[0];
    });
    if (read === undefined) throw new Error("node:http: its server has no listener for a socket's data");
    this.#read = read;
  }

  /** Whether the server reads everything, directly from the handle, which saves a copy. */
  get readsAll(): boolean {
    return this.#readsAll;
  }

  /** Whether the server may continue to read directly: no earlier bytes wait in the socket. */
  mayGoOn(exchange: Exchange | undefined): boolean {
    return this.#readsAll && exchange?.streams === true && this.#socket.readableLength === 0;
  }

  /**
   * Passes bytes to the server's parser, synchronously: at most to the end of one request, or all if the server reads
   * directly.
   *
   * @param exchange the request in progress
   * @returns the number of bytes passed
   */
  read(bytes: Buffer, exchange: Exchange | undefined): number {
    const count = this.mayGoOn(exchange) ? bytes.length : this.#upToOneEnd(bytes, exchange);
    this.#read(count === bytes.length ? bytes : bytes.subarray(0, count));
    return count;
  }

  /** Lets the server read directly until {@link stop}. The remaining length of the body is unknown from then on. */
  goOn(exchange: Exchange): void {
    this.#body = { exchange, left: 0 };
  }

  /** Returns the socket to its own listener; Node's server releases the handle. */
  stop(): void {
    if (!this.#readsAll) return;
    this.#readsAll = false;
    // Needed even if the socket is not paused: Node's server resumes it after a request but restarts the handle one
    // tick later, after the release.
    this.#start?.call(this.#socket);
    this.#socket.on('data', this.#onData);
  }

  #upToOneEnd(bytes: Buffer, exchange: Exchange | undefined): number {
    if (exchange !== this.#body.exchange) this.#body = { exchange, left: exchange?.declaredBytes ?? 0 };
    if (this.#body.left === 0) return this.#emptyLines.next(bytes);
    const count = Math.min(this.#body.left, bytes.length);
    this.#body.left -= count;
    this.#emptyLines.reset();
    return count;
  }
}
