import { Server, type RequestListener, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { PlainConnection, type PlainServer } from './http/plain-connection.ts';
import type { PlainUploads } from './http/plain-uploads.ts';

const SWEEP_MS = 1_000;

/**
 * Node's HTTP server, which sees of a connection only what comes after its plain uploads. Limits, timeouts and closing
 * hold for those as for the others.
 */
export class ProducerServer extends Server implements PlainServer {
  readonly plainUploads: PlainUploads;
  readonly #sweepMs: number;
  readonly #open = new Set<PlainConnection>();
  #sweeper: NodeJS.Timeout | undefined;
  readonly #nodes: readonly ((socket: Socket) => void)[];

  constructor(options: ServerOptions, handler: RequestListener, plainUploads: PlainUploads) {
    super(options, handler);
    this.plainUploads = plainUploads;
    this.#sweepMs = options.connectionsCheckingInterval ?? SWEEP_MS;
    // The only one so far is Node's, which makes a parser for the socket.
    this.#nodes = this.listeners('connection') as ((socket: Socket) => void)[];
    this.removeAllListeners('connection');
    this.on('connection', (socket) => this.#accept(socket));
  }

  get closing(): boolean {
    return !this.listening;
  }

  handOver(socket: Socket): void {
    for (const listener of this.#nodes) listener.call(this, socket);
  }

  forget(connection: PlainConnection): void {
    this.#open.delete(connection);
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const connection of this.#open) connection.closeIdle();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const connection of this.#open) connection.destroy();
  }

  #accept(socket: Socket): void {
    this.#open.add(new PlainConnection(socket, this));
    this.#sweeper ??= setInterval(() => this.#sweep(), this.#sweepMs).unref();
  }

  /** Instead of a timer for each request, which would cost more than reading it. */
  #sweep(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
      return;
    }
    const now = performance.now();
    for (const connection of this.#open) {
      const idleMs = now - (connection.idleSince ?? Infinity);
      if (!connection.isNew) {
        if (idleMs > this.keepAliveTimeout + this.keepAliveTimeoutBuffer) connection.destroy();
      } else if (idleMs > this.headersTimeout) {
        const error = Object.assign(new Error('request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
        this.emit('clientError', error, connection.giveUp());
      }
    }
  }
}
