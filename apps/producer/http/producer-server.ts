import {
  Server,
  type IncomingMessage,
  type RequestListener,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import { Connection, type ConnectionServer, type ConnectionTimes } from './connection.ts';
import { PacedRequest } from './exchange.ts';
import type { FastPath } from './fast-path/fast-path.ts';
import { connectRefused, type Problem } from './problem.ts';

const CHECK_INTERVAL_MS = 1_000;

export interface ProducerServerParts {
  readonly fastPath: FastPath;
  readonly budget: MemoryAccount;
  readonly times: ConnectionTimes;
  /** Counts a problem outside of any route. @returns the whole response */
  readonly refuse: (problem: Problem) => string;
  readonly onUpload: () => void;
}

/**
 * Node's HTTP server, which reads from a connection only what a {@link Connection} passes to it. The connections alone
 * enforce timeouts.
 */
export class ProducerServer extends Server implements ConnectionServer {
  readonly fastPath: FastPath;
  readonly budget: MemoryAccount;
  readonly times: ConnectionTimes;
  readonly refuse: (problem: Problem) => string;
  readonly onUpload: () => void;
  readonly #open = new Map<Socket, Connection>();
  readonly #checkMs: number;
  #checker: NodeJS.Timeout | undefined;
  #closingSince: number | undefined;
  readonly #nodes: readonly ((socket: Socket) => void)[];

  constructor(options: ServerOptions, handler: RequestListener, parts: ProducerServerParts) {
    super(
      { ...options, IncomingMessage: PacedRequest, headersTimeout: 0, requestTimeout: 0 },
      (request, response) => {
        if (this.#begin(request, response)) handler(request, response);
      },
    );
    this.fastPath = parts.fastPath;
    this.budget = parts.budget;
    this.times = parts.times;
    this.refuse = parts.refuse;
    this.onUpload = parts.onUpload;
    this.#checkMs = Math.min(CHECK_INTERVAL_MS, parts.times.headMs, parts.times.stalledMs);
    // Node's own listener, the only one so far, attaches a parser to the socket.
    this.#nodes = this.listeners('connection') as ((socket: Socket) => void)[];
    this.removeAllListeners('connection');
    this.on('connection', (socket) => this.#accept(socket));
    this.on('connect', (request: IncomingMessage, socket: Socket) => {
      this.#open.get(socket)?.refuse(connectRefused(request.url ?? ''));
    });
  }

  get closing(): boolean {
    return !this.listening;
  }

  handOver(socket: Socket): void {
    for (const listener of this.#nodes) listener.call(this, socket);
  }

  forget(socket: Socket): void {
    this.#open.delete(socket);
  }

  /** Handles the errors that Node's server reports as `clientError`. */
  onClientError(error: Error, socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) socket.destroy();
    else connection.onClientError(error);
  }

  override close(callback?: (error?: Error) => void): this {
    this.#closingSince ??= performance.now();
    return super.close(callback);
  }

  /** Node's server does not know of plain uploads in progress. */
  override closeIdleConnections(): void {
    for (const connection of this.#open.values()) connection.closeIdle();
  }

  override closeAllConnections(): void {
    for (const connection of this.#open.values()) connection.destroy();
  }

  #accept(socket: Socket): void {
    this.#open.set(socket, new Connection(socket, this));
    this.#checker ??= setInterval(() => this.#check(), this.#checkMs).unref();
  }

  #begin(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#open.get(request.socket)?.begin(request, response) ?? true;
  }

  /** One interval for all connections; a timer for each request would cost more than reading it. */
  #check(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#checker);
      this.#checker = undefined;
      return;
    }
    const now = performance.now();
    const closingMs = now - (this.#closingSince ?? now);
    for (const connection of this.#open.values()) connection.check(now, closingMs);
  }
}
