import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { waitUntil } from '../../../infra/local/wait.ts';

const DEADLINE_MS = 60_000;

/** A connection of which both ends are at hand: what has arrived at the server need not be guessed from the time. */
export class RawClient {
  readonly socket: Socket;
  readonly accepted: Socket;
  text = '';

  private constructor(socket: Socket, accepted: Socket) {
    this.socket = socket;
    this.accepted = accepted;
    socket.on('error', () => undefined).on('data', (data) => (this.text += data.toString('latin1')));
  }

  /** @param allowHalfOpen whether it stays open when the server has ended its half */
  static async open(t: TestContext, app: FastifyInstance, allowHalfOpen = false): Promise<RawClient> {
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const accepted = once(app.server, 'connection') as Promise<[Socket]>;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen });
    t.after(() => socket.destroy());
    return new RawClient(socket, (await accepted)[0]);
  }

  /** Each piece is sent when the server has the one before, and has been through with it. */
  async send(...pieces: readonly (string | Buffer)[]): Promise<void> {
    let sent = this.accepted.bytesRead;
    for (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
      this.socket.write(bytes);
      sent += bytes.length;
      await this.until(
        () => this.accepted.bytesRead >= sent || this.accepted.destroyed,
        'the piece received',
      );
    }
  }

  /** As many whole answers, each with a length, or the end of the connection. */
  async answered(count = 1): Promise<string> {
    const whole = () => this.socket.closed || countAnswers(this.text) >= count;
    await this.until(whole, `${count} answers`);
    return this.text;
  }

  async closed(): Promise<string> {
    await this.until(() => this.socket.closed, 'closed');
    return this.text;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await waitUntil(condition, { what, deadlineMs: DEADLINE_MS, everyMs: 1 });
  }
}

function countAnswers(text: string): number {
  let count = 0;
  for (let at = 0; ; count++) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) return count;
    at = end + 4 + Number(/content-length: (\d+)/i.exec(text.slice(at, end))?.[1] ?? 0);
    if (at > text.length) return count;
  }
}
