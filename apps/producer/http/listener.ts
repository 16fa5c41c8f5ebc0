import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net';
import { platform } from 'node:os';
import type { FastifyInstance } from 'fastify';

/** The most that Linux keeps by default (`net.core.somaxconn`): with Node's 511, a thousand clients at once wait for seconds. */
const BACKLOG = 4_096;
/**
 * Node takes one connection from a socket in each turn of its loop (libuv since 1.45), and under load a turn takes
 * milliseconds: of a thousand new connections the last would wait for seconds. Elsewhere the kernel does not share
 * out connections among the sockets of one port.
 */
const SOCKETS = platform() === 'linux' ? 64 : 1;

interface Address {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** Listens with several sockets on one port; their connections are those of the app's own server. */
export class Listener {
  readonly #app: FastifyInstance;
  readonly #others: readonly Server[];

  constructor(app: FastifyInstance) {
    this.#app = app;
    // As Node's HTTP server accepts them.
    const accepted = { allowHalfOpen: true, noDelay: true };
    this.#others = Array.from({ length: SOCKETS - 1 }, () =>
      createServer(accepted, (socket) => this.server.emit('connection', socket)),
    );
  }

  get server(): HttpServer {
    return this.#app.server;
  }

  /** @throws where the port is taken, be it by a process that would share it */
  async listen({ host, port }: Address): Promise<void> {
    const options = { host, port, backlog: BACKLOG, reusePort: this.#others.length > 0 };
    if (options.reusePort) options.port = await requireFree({ host, port });
    await this.#app.listen(options);
    await Promise.all(this.#others.map((other) => listening(other, options)));
  }

  /** Takes no more connections; resolves when the last has ended. */
  async close(): Promise<void> {
    const closed = this.#others.map((other) => new Promise((resolve) => other.close(resolve)));
    await this.#app.close();
    await Promise.all(closed);
  }
}

/** @returns the port, which nobody listens on */
async function requireFree(address: Address): Promise<number> {
  const probe = createServer();
  await listening(probe, address);
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function listening(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}
