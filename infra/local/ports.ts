import { createServer, type ListenOptions, type Server } from 'node:net';

/**
 * Below Linux' range of ephemeral ports (32768 and up): a server that is killed and restarted must find its port free,
 * and a client that connects to an unused port in that range may connect to itself.
 */
const RANGE = { from: 15_000, to: 30_000 } as const;
const TRIES = 200;

export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  if (port === undefined) throw new Error('found no free port');
  return port;
}

/** Free ports of the loopback address that were not given to another process. */
export async function findFreePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (let tries = 0; ports.length < count && tries < TRIES; tries += 1) {
      const port = RANGE.from + Math.floor(Math.random() * (RANGE.to - RANGE.from));
      const server = await listenOn(port);
      if (server === undefined) continue;
      held.push(server);
      if (await reserve(port)) ports.push(port);
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
  if (ports.length < count) throw new Error(`found ${ports.length} free ports of ${count} wanted`);
  return ports;
}

export async function isPortFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await new Promise((closed) => server.close(closed));
  return true;
}

/**
 * A process listens on its port only seconds later. Until this process exits, an abstract socket reserves the port,
 * since the kernel allows its name once. Systems without abstract sockets do not reserve ports.
 */
async function reserve(port: number): Promise<boolean> {
  try {
    const server = await listen({ path: `\0headwater-port-${port}` });
    server?.unref();
    return server !== undefined;
  } catch {
    return true;
  }
}

function listenOn(port: number): Promise<Server | undefined> {
  return listen({ port, host: '127.0.0.1', exclusive: true });
}

/** @returns undefined if the port is in use */
function listen(where: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('listening', () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(where);
  });
}
