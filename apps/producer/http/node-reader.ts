import type { Socket } from 'node:net';
import { EmptyLines } from './empty-line.ts';
import type { Exchange } from './exchange.ts';

type Listener = (...values: unknown[]) => void;

/** What Node's server would do by itself: read what comes, end with the client, and close what is idle. */
const TAKEN = ['data', 'end', 'timeout'] as const;
/** By which Node's server starts the handle again that it has stopped for a paused socket. */
const START = 'resume';

/** Node's HTTP server as the reader of one socket: of bytes that it is handed, or of all that come. */
export class NodeReader {
  readonly #socket: Socket;
  readonly #onData: (chunk: Buffer) => void;
  readonly #read: Listener;
  readonly #start: Listener | undefined;
  readonly #emptyLines = new EmptyLines();
  /** What is still to come of a body whose length was said, and of which exchange. */
  #body: { readonly exchange: Exchange | undefined; left: number } = { exchange: undefined, left: 0 };
  #readsAll = true;

  /**
   * Node's server reads all that comes until it is stopped.
   *
   * @param onData the socket's own listener, its only one before and after that
   * @param handOver has the server take the socket
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

  /** Whether the server reads all that comes: straight from the handle, which saves a copy. */
  get readsAll(): boolean {
    return this.#readsAll;
  }

  /** Whether the server may go on so with an exchange: nothing that was read before waits in the socket. */
  mayGoOn(exchange: Exchange | undefined): boolean {
    return this.#readsAll && exchange?.streams === true && this.#socket.readableLength === 0;
  }

  /**
   * Has the server's parser read, before it returns, so many of the bytes that at most one request ends within them;
   * all of them where it may go on by itself.
   *
   * @param exchange which is under way
   * @returns how many
   */
  read(bytes: Buffer, exchange: Exchange | undefined): number {
    const count = this.mayGoOn(exchange) ? bytes.length : this.#upToOneEnd(bytes, exchange);
    this.#read(count === bytes.length ? bytes : bytes.subarray(0, count));
    return count;
  }

  /** The server goes on with all that comes, until it is stopped: how much of the body that is is not known here. */
  goOn(exchange: Exchange): void {
    this.#body = { exchange, left: 0 };
  }

  /** Has what comes go to the socket's own listener again: Node's server lets go of the handle where there is one. */
  stop(): void {
    if (!this.#readsAll) return;
    this.#readsAll = false;
    // Also where the socket is not paused: Node's server resumes it behind a request, and starts the handle only a tick later,
    // when it would have let go already.
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
