import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export const PLAIN_EVENT = 'x'.repeat(1_024);

/** Called with the status of the answer, and with what was given to `send` as the time of its request. */
export type Answered = (connection: Connection, since: number, status: number) => void;

/** One kept connection with at most one `POST /upload` under way. */
export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #since: number | undefined;

  private constructor(socket: Socket, host: string, answered: Answered) {
    this.#socket = socket;
    this.#host = host;
    // An answer is a few hundred bytes and comes in one piece on loopback.
    socket.on('data', (data) => {
      if (this.#since === undefined) return;
      const since = this.#since;
      this.#since = undefined;
      answered(this, since, Number(data.toString('latin1', 9, 12)));
    });
    socket.on('error', () => socket.destroy());
  }

  static async open(endpoint: string, answered: Answered): Promise<Connection> {
    const { hostname, port, host } = new URL(endpoint);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket, host, answered);
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  /** @param body in ASCII; one that begins with `{` is sent as JSON */
  send(body: string, since: number): void {
    this.#since = since;
    const type = body.startsWith('{') ? 'application/json' : 'text/plain';
    this.#socket.write(
      `POST /upload HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    );
  }

  close(): void {
    this.#socket.destroy();
  }
}
