// The keeper: one process on the machine that holds the lab. It forwards 127.0.0.1 to the ingress and starts the node
// in namespaces of its own, whose first process takes every other with it when it ends. `up` starts it, with the
// parts as JSON.
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { join as joinSockets } from '../node/gate.ts';
import { keeperFile, firstProcess, initFile } from '../namespaces.ts';
import { DIRECTORY, FORWARDS, PATHS } from '../place.ts';
import { existsSync } from 'node:fs';

const parts = process.argv[2] ?? '';
const keeper = keeperFile(process);
const init = initFile(process);
const other = keeper.claim(process.pid);
if (other !== undefined) throw new Error(`a keeper runs already, as pid ${other.pid}`);

rmSync(PATHS.ready, { force: true });
const node = new ManagedProcess({
  host: process,
  name: 'node',
  directory: DIRECTORY,
  command: [
    ...(['unshare', '--net', '--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'] as const),
    ...['tini', '--', process.execPath, join(import.meta.dirname, '../node/main.ts'), parts],
  ],
  isReady: () => Promise.resolve(existsSync(PATHS.ready)),
  startDeadlineMs: 300_000,
});

function forward({ from, to }: (typeof FORWARDS)[number]): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    joinSockets(client, connect({ path: PATHS.socket(to), allowHalfOpen: true }));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(from, '127.0.0.1', () => resolve(server));
  });
}

const servers: Server[] = [];

async function stop(code: number): Promise<never> {
  const first = init.running();
  if (first !== undefined) {
    process.kill(first.pid, 'SIGTERM');
    await waitUntil(() => node.pid === undefined, { what: 'an ended node', deadlineMs: 60_000 }).catch(
      () => undefined,
    );
  }
  await node.stop();
  // Who finds no keeper any more may start the next one at once.
  for (const server of servers) server.close();
  init.remove();
  keeper.remove();
  process.exit(code);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(0));

try {
  for (const ports of FORWARDS) servers.push(await forward(ports));
  await node.spawn();
  init.write(await waitUntil(() => firstProcess(node.pid), { what: 'a first process', deadlineMs: 60_000 }));
  await node.ready();
} catch (error) {
  console.error(error);
  await stop(1);
}
await node.exited;
await stop(1);
