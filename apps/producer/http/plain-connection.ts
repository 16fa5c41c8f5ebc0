import type { Socket } from 'node:net';
import { rawAnswer } from './raw-answers.ts';
import type { PlainUpload, PlainUploads } from './plain-uploads.ts';
import type { UploadAnswer } from './uploads.ts';

/** What a connection needs of the server that accepted it. */
export interface PlainServer {
  readonly plainUploads: PlainUploads;
  readonly keepAliveTimeout: number;
  /** Whether answers are the last of their connections. */
  readonly closing: boolean;
  /** Gives the socket to Node's own HTTP server, which reads it from the next byte on. */
  handOver(socket: Socket): void;
  forget(connection: PlainConnection): void;
}

/** No head is kept that is longer: each connection has one. */
const MAX_KEPT_HEAD = 1_024;

/**
 * One accepted connection, for as long as each chunk that comes is one whole plain upload. With the first that is not,
 * Node's HTTP server takes the connection over for good: split and pipelined requests, other routes, whatever is odd.
 *
 * One request at a time: what comes before its answer waits in the socket, which reads no further than its buffer.
 */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #server: PlainServer;
  #last: PlainUpload | undefined;
  #state: 'new' | 'idle' | 'busy' | 'ending' = 'new';
  #held = false;
  #since = performance.now();

  constructor(socket: Socket, server: PlainServer) {
    this.#socket = socket;
    this.#server = server;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', ignore).on('close', this.#onClose);
  }

  /** Since when nothing has been asked and nothing is owed; `undefined` while an answer is due. */
  get idleSince(): number | undefined {
    return this.#state === 'busy' ? undefined : this.#since;
  }

  /** Whether nothing has ever come. */
  get isNew(): boolean {
    return this.#state === 'new';
  }

  /** Closes it where nothing is under way; a new one may have sent its request already, and is waited for. */
  closeIdle(): void {
    if (this.#state === 'idle' && this.#socket.writableLength === 0) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The last of a connection on which nothing came; its socket is for whoever answers. */
  giveUp(): Socket {
    this.#state = 'ending';
    return this.#socket;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'busy' || this.#state === 'ending') {
      this.#hold(chunk);
      return;
    }
    const arrival = performance.now();
    const { plainUploads } = this.#server;
    const upload = plainUploads.read(chunk, this.#last);
    const stored = upload && plainUploads.store(chunk, upload);
    if (upload === undefined || stored === undefined) {
      this.#handOver(chunk);
      return;
    }
    this.#last = upload.head.length <= MAX_KEPT_HEAD ? upload : undefined;
    this.#state = 'busy';
    void stored.then((answer) => this.#answer(answer, arrival));
  };

  #hold(chunk: Buffer): void {
    this.#held = true;
    this.#socket.pause();
    this.#socket.unshift(chunk);
  }

  #handOver(chunk: Buffer): void {
    const socket = this.#socket;
    this.#server.forget(this);
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', ignore).off('close', this.#onClose);
    // Paused, so that what is put back waits for Node's listeners.
    socket.pause();
    socket.unshift(chunk);
    this.#server.handOver(socket);
    socket.resume();
  }

  #answer(answer: UploadAnswer, arrival: number): void {
    const socket = this.#socket;
    const last = answer.last || this.#server.closing;
    this.#state = last ? 'ending' : 'idle';
    // As with Node, nobody is answered who has ended the connection, be it only one half of it.
    if (!socket.writable) return;
    const hasRoom = socket.write(rawAnswer(answer, last, this.#server.keepAliveTimeout), answer.encoding);
    this.#server.plainUploads.observe(answer.status, arrival);
    this.#since = performance.now();
    if (last) socket.destroySoon();
    else if (!hasRoom) this.#waitForRoom();
    else if (this.#held) this.#resume();
  }

  /** Of a client that reads no answers no request is read. */
  #waitForRoom(): void {
    this.#socket.pause();
    this.#socket.once('drain', () => this.#resume());
  }

  #resume(): void {
    this.#held = false;
    this.#socket.resume();
  }

  readonly #onEnd = (): void => {
    this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#server.forget(this);
  };
}

/** The socket closes itself after an error. */
function ignore(): void {}
