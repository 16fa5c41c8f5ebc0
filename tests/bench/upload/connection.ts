import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export const PLAIN_EVENT = 'x'.repeat(1_024);

/** Called with the status of the answer, and with what was given to `send` as the time of its request. */
export type Answered = (connection: Connection, since: number, status: number) => void;

/** For all connections: what is read is looked at before the next read, and nothing of it is kept. */
const READ_BUFFER = Buffer.allocUnsafe(65_536);
const STATUS_AT = 'HTTP/1.1 '.length;
/** Of `Content-Length`, in either case. */
const LENGTH = Buffer.from('ength: ');
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One `POST /upload`, whole. Where all are the same, one is made for all of them.
 *
 * @param host with the port
 * @param body in ASCII; one that begins with `{` is sent as JSON
 */
export function requestOf(host: string, body: string): Buffer {
  const type = body.startsWith('{') ? 'application/json' : 'text/plain';
  const head = `Host: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}`;
  return Buffer.from(`POST /upload HTTP/1.1\r\n${head}\r\n\r\n${body}`, 'latin1');
}

/** One kept connection with at most one `POST /upload` under way. */
export class Connection {
  readonly #socket: Socket;
  #since: number | undefined;
  #status = 0;
  /** Of the body that is still to come. */
  #left = 0;

  private constructor(endpoint: string, answered: Answered) {
    const { hostname, port } = new URL(endpoint);
    const onPiece = (bytes: number): boolean => {
      if (this.#since === undefined) return true;
      if (this.#left > 0) this.#left -= bytes;
      else this.#readHead(bytes);
      if (this.#left > 0) return true;
      const since = this.#since;
      this.#since = undefined;
      answered(this, since, this.#status);
      return true;
    };
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: onPiece },
    });
    this.#socket.on('error', () => this.#socket.destroy());
  }

  static async open(endpoint: string, answered: Answered): Promise<Connection> {
    const connection = new Connection(endpoint, answered);
    await once(connection.#socket, 'connect');
    return connection;
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  /** @param request of {@link requestOf} */
  send(request: Buffer, since: number): void {
    this.#since = since;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The head is a few hundred bytes and comes in one piece on loopback; some servers write the body after it. */
  #readHead(bytes: number): void {
    this.#status = numberAt(STATUS_AT);
    this.#left =
      READ_BUFFER.indexOf(HEAD_END) +
      HEAD_END.length +
      numberAt(READ_BUFFER.indexOf(LENGTH) + LENGTH.length) -
      bytes;
  }
}

/** Decimal, of what was read. */
function numberAt(at: number): number {
  let number = 0;
  for (let digit = 0; digit >= 0 && digit <= 9; digit = (READ_BUFFER[at++] ?? 0) - 48)
    number = number * 10 + digit;
  return number;
}
