import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net';
import { platform } from 'node:os';
import type { FastifyInstance } from 'fastify';

/**
 * Linux's default limit (`net.core.somaxconn`). With Node's default, 511, some of a thousand simultaneous clients wait
 * for seconds.
 */
const BACKLOG = 4_096;
/**
 * Node accepts one connection per socket in each iteration of its event loop (libuv since 1.45), and under load an
 * iteration takes milliseconds: the last of a thousand new connections would wait for seconds. Only Linux distributes
 * connections among the sockets of a port.
 */
const SOCKETS = platform() === 'linux' ? 64 : 1;

interface Address {
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
}

/** Listens with several sockets on one port, and passes their connections to the app's server. */
export class Listener {
  readonly #app: FastifyInstance;
  readonly #others: readonly Server[];

  constructor(app: FastifyInstance) {
    this.#app = app;
    // The options of Node's HTTP server.
    const accepted = { allowHalfOpen: true, noDelay: true };
    this.#others = Array.from({ length: SOCKETS - 1 }, () =>
      createServer(accepted, (socket) => this.server.emit('connection', socket)),
    );
  }

  get server(): HttpServer {
    return this.#app.server;
  }

  /** @throws if the port is in use, even by a process that shares it */
  async listen({ host, port }: Address): Promise<void> {
    const options = { host, port, backlog: BACKLOG, reusePort: this.#others.length > 0 };
    if (options.reusePort) options.port = await requireFree({ host, port });
    await this.#app.listen(options);
    await Promise.all(this.#others.map((other) => listening(other, options)));
  }

  /** Stops accepting connections; resolves when the last one has closed. */
  async close(): Promise<void> {
    const closed = this.#others.map((other) => new Promise((resolve) => other.close(resolve)));
    await this.#app.close();
    await Promise.all(closed);
  }
}

/** @returns a port without any listener */
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
