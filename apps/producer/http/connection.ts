import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import { Exchange, type ExchangeListener } from './exchange.ts';
import { NodeReader } from './node-reader.ts';
import type { FastPath } from './fast-path/fast-path.ts';
import { headTimeout, incompleteBody, incompleteHead, shuttingDown, type Problem } from './problem.ts';
import { parserProblem, rawResponse } from './raw-responses.ts';
import { ReadGate } from './read-gate.ts';
import type { UploadResponse } from './upload-handler.ts';

/** What a connection uses of the server that accepted it. */
export interface ConnectionServer {
  readonly fastPath: FastPath;
  readonly budget: MemoryAccount;
  readonly times: ConnectionTimes;
  readonly keepAliveTimeout: number;
  readonly keepAliveTimeoutBuffer: number;
  /** Whether each response closes its connection. */
  readonly closing: boolean;
  /** Attaches Node's HTTP server to the socket. */
  handOver(socket: Socket): void;
  /** Counts the problem. @returns the whole response */
  refuse(problem: Problem): string;
  forget(socket: Socket): void;
  /** An upload has begun to come. */
  onUpload(): void;
}

/** Timeouts of a connection. */
export interface ConnectionTimes {
  /** From the accept, or the first byte of a head, to the end of the head. */
  readonly headMs: number;
  /** While the client reads nothing of a response. */
  readonly stalledMs: number;
}

/** How long the rest of a body is discarded after its request was refused, so that the client can read the response. */
const LINGER_MS = 2_000;
/** During shutdown: time for a partial request to arrive completely, and for the client to read a response. */
const CLOSING_MS = 2_000;
/** Time slice in which one connection is read before the others. */
const READ_SLICE_MS = 5;

/**
 * - `new`: no byte has arrived
 * - `idle`: between two requests
 * - `head`: Node's parser has read part of a head
 * - `fast`: a plain upload waits for its response
 * - `exchange`: Node's parser reads a request, or it waits for its response
 * - `over`: the last response was written
 */
type Phase = 'new' | 'idle' | 'head' | 'fast' | 'exchange' | 'over';

/**
 * One accepted connection, which handles one request at a time. A chunk that is exactly one plain upload is handled
 * here. Node's parser reads all other requests, and gets no byte beyond the current request. Later requests wait in the
 * socket: their responses cannot be mixed up, and none is executed after the last response.
 */
export class Connection implements ExchangeListener {
  readonly #socket: Socket;
  readonly #server: ConnectionServer;
  #phase: Phase = 'new';
  #since = performance.now();
  #exchange: Exchange | undefined;
  #node: NodeReader | undefined;
  /** Whether the rest is ignored: the client has closed its side, or its data cannot be parsed. */
  #deaf = false;
  readonly #gate: ReadGate;
  /** Bytes of responses that the client had read at the last check, and since when that has not changed. */
  #left = { bytes: 0, since: 0 };

  constructor(socket: Socket, server: ConnectionServer) {
    this.#socket = socket;
    this.#server = server;
    this.#gate = new ReadGate(socket, server.budget, () => this.#mayRead);
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#gate.openSoon);
    socket.on('error', ignore).on('close', this.#onClose);
  }

  /** Closes the connection if it is idle. A new connection is kept, since its request may be on the way. */
  closeIdle(): void {
    if (this.#phase === 'idle' && this.#socket.writableLength === 0) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Called when Node's parser has read the head of a request.
   *
   * @returns whether to execute it: not if another request is in progress
   */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#phase !== 'head') {
      this.#endAfterResponse();
      return false;
    }
    this.#enter('exchange');
    // Probes and scrapes go on until the end.
    if (request.method === 'POST') this.#server.onUpload();
    this.#exchange = new Exchange(request, response, this);
    response.once('close', this.#onResponseClosed);
    return true;
  }

  /** Called with a `clientError` of Node's server: a parser error, or an error of the socket. */
  onClientError(error: Error & { readonly code?: string }): void {
    if (error.code?.startsWith('HPE_') === true) this.refuse(parserProblem(error));
    else this.#socket.destroy();
  }

  /**
   * Stops reading. A complete request keeps its outcome; an incomplete one gets the problem as its response. Without a
   * request the problem is written as a response.
   */
  refuse(problem: Problem): void {
    if (this.#phase === 'over') return;
    if (this.#phase === 'fast' || this.#exchange?.answered === false) {
      this.#exchange?.fail(problem);
      this.#endAfterResponse();
      return;
    }
    const isDue = this.#exchange === undefined && this.#socket.writable;
    if (isDue) this.#socket.write(this.#server.refuse(problem));
    this.#end();
  }

  /** Enforces the timeouts. @param closingMs time since the listener closed; 0 while it is open */
  check(now: number, closingMs: number): void {
    const { times, keepAliveTimeout, keepAliveTimeoutBuffer } = this.#server;
    const closing = closingMs > CLOSING_MS;
    const forMs = now - this.#since;
    if (this.#stalledMs(now) > (closing ? CLOSING_MS : times.stalledMs)) this.destroy();
    else if (this.#phase === 'idle') {
      if (forMs > keepAliveTimeout + keepAliveTimeoutBuffer) this.destroy();
    } else if (this.#phase === 'new' || this.#phase === 'head') {
      if (closing) this.refuse(shuttingDown());
      else if (forMs > times.headMs) this.refuse(headTimeout());
    } else if (this.#exchange?.answered === true) {
      if (forMs > LINGER_MS) this.destroy();
    } else if (closing && this.#exchange?.request.complete === false) this.refuse(shuttingDown());
  }

  /** The reader of the body waits for a piece. */
  onWanted(): void {
    if (this.#node?.readsAll === true) this.#gate.open();
    else this.#gate.openSoon();
  }

  onUnread(): void {
    if (this.#node?.readsAll === true) this.#gate.close();
  }

  onSmallPieces(): void {
    this.#node?.stop();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#deaf) return;
    if (!this.#mayRead) this.#hold(chunk);
    else if (!this.#takeFast(chunk)) this.#read(chunk);
  };

  get #mayRead(): boolean {
    if (this.#exchange !== undefined) return this.#exchange.reads;
    // A client that does not read its responses gets no further request read.
    return this.#phase !== 'fast' && !this.#socket.writableNeedDrain;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = performance.now();
  }

  /** @returns whether the chunk was exactly one plain upload */
  #takeFast(chunk: Buffer): boolean {
    if (this.#phase !== 'idle' && this.#phase !== 'new') return false;
    const stored = this.#server.fastPath.store(chunk);
    if (stored === undefined) return false;
    this.#enter('fast');
    this.#server.onUpload();
    const arrival = this.#since;
    void stored.then((response) => this.#respondFast(response, arrival));
    return true;
  }

  #respondFast(response: UploadResponse, arrival: number): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const { fastPath, closing, keepAliveTimeout } = this.#server;
    const last = response.last || closing || this.#deaf;
    const hasRoom = socket.write(rawResponse(response, last, keepAliveTimeout), response.encoding);
    fastPath.observe(response.status, arrival);
    if (last) {
      this.#end();
      return;
    }
    this.#enter('idle');
    if (!hasRoom) this.#gate.close();
    else this.#gate.openSoon();
  }

  /** Lets Node's parser read a chunk, and the rest of a long body directly from the socket. */
  #read(chunk: Buffer): void {
    const socket = this.#socket;
    const node = (this.#node ??= new NodeReader(socket, this.#onData, () => this.#server.handOver(socket)));
    this.#readOneRequest(node, chunk);
    const exchange = this.#exchange;
    if (exchange?.request.complete === false && node.mayGoOn(exchange)) {
      node.goOn(exchange);
      exchange.request.once('end', () => node.stop());
    } else node.stop();
  }

  #readOneRequest(node: NodeReader, chunk: Buffer): void {
    const sliceEnds = performance.now() + READ_SLICE_MS;
    for (let at = 0; at < chunk.length;) {
      if (this.#phase === 'new' || this.#phase === 'idle') this.#enter('head');
      at += node.read(at === 0 ? chunk : chunk.subarray(at), this.#exchange);
      this.#finishExchange();
      if (this.#deaf || this.#socket.destroyed) return;
      if (node.mayGoOn(this.#exchange)) continue;
      const sliceIsOver = performance.now() > sliceEnds;
      if (this.#mayRead && !sliceIsOver && !this.#socket.isPaused()) continue;
      if (at < chunk.length) this.#hold(chunk.subarray(at));
      else if (sliceIsOver) this.#gate.close();
      this.#gate.openSoon();
      return;
    }
  }

  readonly #onResponseClosed = (): void => {
    this.#exchange?.noteResponded();
    this.#since = performance.now();
    if (this.#deaf || this.#server.closing || !this.#socket.writable) this.#end();
    else {
      this.#finishExchange();
      this.#gate.openSoon();
    }
  };

  #finishExchange(): void {
    if (this.#exchange?.isOver !== true) return;
    this.#exchange = undefined;
    this.#enter('idle');
  }

  #endAfterResponse(): void {
    this.#deaf = true;
    this.#node?.stop();
    const response = this.#exchange?.response;
    // The response then has `Connection: close`, unless its head was written already.
    if (response?.headersSent === false) response.shouldKeepAlive = false;
  }

  #end(): void {
    this.#deaf = true;
    this.#node?.stop();
    this.#enter('over');
    this.#socket.destroySoon();
  }

  /** Puts a chunk back into the socket. If a further request does not fit into the budget, it is not read at all. */
  #hold(chunk: Buffer): void {
    const follows = this.#phase === 'fast' || this.#exchange?.request.complete === true;
    if (!this.#gate.hold(chunk, follows)) this.#endAfterResponse();
  }

  #stalledMs(now: number): number {
    const { writableLength, bytesWritten } = this.#socket;
    const bytes = writableLength === 0 ? -1 : bytesWritten - writableLength;
    if (writableLength === 0 || bytes !== this.#left.bytes) this.#left = { bytes, since: now };
    return now - this.#left.since;
  }

  readonly #onEnd = (): void => {
    if (this.#phase === 'new' || this.#phase === 'idle') this.#end();
    else this.refuse(this.#phase === 'head' ? incompleteHead() : incompleteBody());
  };

  readonly #onClose = (): void => {
    this.#gate.giveBack();
    this.#server.forget(this.#socket);
  };
}

/** The socket closes itself after an error. */
function ignore(): void {}
