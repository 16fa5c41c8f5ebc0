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

/** What a connection needs of the server that accepted it. */
export interface ConnectionServer {
  readonly fastPath: FastPath;
  readonly budget: MemoryAccount;
  readonly times: ConnectionTimes;
  readonly keepAliveTimeout: number;
  readonly keepAliveTimeoutBuffer: number;
  /** Whether responses are the last of their connections. */
  readonly closing: boolean;
  /** Has Node's own HTTP server take the socket. */
  handOver(socket: Socket): void;
  /** Counts the problem. @returns the whole response */
  refuse(problem: Problem): string;
  forget(socket: Socket): void;
  /** An upload has begun to come. */
  onUpload(): void;
}

/** How long a connection may be in one state. */
export interface ConnectionTimes {
  /** From its beginning, or from the first byte of a head, to the end of the head. */
  readonly headMs: number;
  /** While nothing is taken of a response. */
  readonly stalledMs: number;
}

/** How long the rest of a body is thrown away after its request was refused, so that the response can be read. */
const LINGER_MS = 2_000;
/** When nothing more is accepted: how long what has begun to come may take to be whole, and a response to be taken. */
const CLOSING_MS = 2_000;
/** How long one connection is read before it is the turn of others. */
const READ_SLICE_MS = 5;

/**
 * - `new`: nothing has come
 * - `idle`: between two requests
 * - `head`: Node's parser has some of a head
 * - `plain`: a plain upload waits for its response
 * - `exchange`: a request that Node's parser reads is under way
 * - `over`: the last response is given
 */
type Phase = 'new' | 'idle' | 'head' | 'fast' | 'exchange' | 'over';

/**
 * One accepted connection, which carries one request at a time. A chunk that is one whole plain upload is answered from
 * here; all else is read by Node's parser, which gets no byte beyond the request that is under way. What follows waits in
 * the socket for the response: so it can neither be answered in place of that request, nor be carried out behind a last one.
 */
export class Connection implements ExchangeListener {
  readonly #socket: Socket;
  readonly #server: ConnectionServer;
  #phase: Phase = 'new';
  #since = performance.now();
  #exchange: Exchange | undefined;
  #node: NodeReader | undefined;
  /** Whether nothing more is read: the client has ended its half, or what it sends cannot be followed. */
  #deaf = false;
  readonly #gate: ReadGate;
  /** How much of the responses has left at the last look, and since when nothing more has. */
  #left = { bytes: 0, since: 0 };

  constructor(socket: Socket, server: ConnectionServer) {
    this.#socket = socket;
    this.#server = server;
    this.#gate = new ReadGate(socket, server.budget, () => this.#mayRead);
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#gate.openSoon);
    socket.on('error', ignore).on('close', this.#onClose);
  }

  /** Closes it where nothing is under way; a new one may have sent its request already, and is waited for. */
  closeIdle(): void {
    if (this.#phase === 'idle' && this.#socket.writableLength === 0) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Hears of a request whose head Node's parser has read.
   *
   * @returns whether it is to be carried out, as it is unless another one is under way
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

  /** Hears of what Node's server calls a client's error: of its parser, or of the socket. */
  onClientError(error: Error & { readonly code?: string }): void {
    if (error.code?.startsWith('HPE_') === true) this.refuse(parserProblem(error));
    else this.#socket.destroy();
  }

  /**
   * Nothing more is read. A request that is whole keeps its own outcome, one that is not is answered with the problem, and
   * where there is none the problem is written as it is.
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

  /** Ends what has taken too long. @param closingMs since when nothing more is accepted; 0 while it is */
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

  /** The reader of the body waits for its next piece. */
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
    // Of a client that takes no responses no request is read.
    return this.#phase !== 'fast' && !this.#socket.writableNeedDrain;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = performance.now();
  }

  /** Where the chunk is one whole plain upload. */
  #takeFast(chunk: Buffer): boolean {
    if (this.#phase !== 'idle' && this.#phase !== 'new') return false;
    const stored = this.#server.fastPath.store(chunk);
    if (stored === undefined) return false;
    this.#enter('fast');
    this.#server.onUpload();
    const arrival = this.#since;
    void stored.then((answer) => this.#respondFast(answer, arrival));
    return true;
  }

  #respondFast(answer: UploadResponse, arrival: number): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const { fastPath, closing, keepAliveTimeout } = this.#server;
    const last = answer.last || closing || this.#deaf;
    const hasRoom = socket.write(rawResponse(answer, last, keepAliveTimeout), answer.encoding);
    fastPath.observe(answer.status, arrival);
    if (last) {
      this.#end();
      return;
    }
    this.#enter('idle');
    if (!hasRoom) this.#gate.close();
    else this.#gate.openSoon();
  }

  /** Has Node's parser read a chunk, and what follows by itself where that is the rest of a long body. */
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
    // Said in the response too, where it has not begun.
    if (response?.headersSent === false) response.shouldKeepAlive = false;
  }

  #end(): void {
    this.#deaf = true;
    this.#node?.stop();
    this.#enter('over');
    this.#socket.destroySoon();
  }

  /** Has a chunk wait; where there is no room for what follows a whole request, it is not read at all. */
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
