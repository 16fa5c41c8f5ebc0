import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { FORWARDS, NODE_ADDRESS, PATHS } from '../place.ts';

/** Joins two connections until one of them ends. */
export function join(one: Socket, other: Socket): void {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const socket of [one, other]) socket.on('error', end).on('close', end);
  one.pipe(other).pipe(one);
}

/** Listens on one socket of the file system for each port of the ingress: files are all that both networks share. */
export async function serveIngress(): Promise<void> {
  for (const { to } of FORWARDS) {
    const path = PATHS.socket(to);
    rmSync(path, { force: true });
    const server = createServer({ allowHalfOpen: true }, (client) => {
      join(client, connect({ host: NODE_ADDRESS, port: to, allowHalfOpen: true }));
    });
    await new Promise<void>((listening, failed) => {
      server.once('error', failed).listen(path, listening);
    });
  }
}
