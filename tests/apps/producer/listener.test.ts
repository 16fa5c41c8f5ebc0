import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { platform } from 'node:os';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Listener } from '../../../apps/producer/http/listener.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { startApp, type AppUnderTest } from './app-under-test.ts';

const LOCALHOST = '127.0.0.1';
const REQUEST = 'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx';

async function startListening(t: TestContext): Promise<AppUnderTest & { listener: Listener; port: number }> {
  const parts = await startApp(t);
  const listener = new Listener(parts.app);
  t.after(() => listener.close());
  await listener.listen({ host: LOCALHOST, port: 0 });
  return { ...parts, listener, port: (listener.server.address() as AddressInfo).port };
}

interface Client {
  readonly socket: Socket;
  answer: string;
}

async function openClients(t: TestContext, port: number, count: number): Promise<Client[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = { socket: connect(port, LOCALHOST), answer: '' };
      t.after(() => client.socket.destroy());
      client.socket.on('data', (data) => (client.answer += data.toString('latin1')));
      await once(client.socket, 'connect');
      return client;
    }),
  );
}

test('connections are shared out among several sockets, and each is answered', async (t) => {
  const { app, port } = await startListening(t);
  const clients = await openClients(t, port, 200);
  for (const { socket } of clients) socket.write(REQUEST);
  await waitUntil(() => clients.every(({ answer }) => answer.startsWith('HTTP/1.1 201')), {
    what: 'every answer',
    deadlineMs: 60_000,
  });
  const own = await new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
  if (platform() === 'linux') assert(own < 100, `${own} of 200 came through one socket`);
});

test('closing waits for what is under way on any socket, and takes nothing more', async (t) => {
  const { recordLog, listener, draining, port } = await startListening(t);
  const settle: (() => void)[] = [];
  recordLog.answer = (_record, offset) =>
    new Promise((resolve) => settle.push(() => resolve({ partition: 0, offset, timestamp: 0 })));
  const clients = await openClients(t, port, 100);
  for (const { socket } of clients) socket.write(REQUEST);
  await waitUntil(() => settle.length === 100, { what: 'every request under way', deadlineMs: 60_000 });
  draining.abort();
  let closed = false;
  const closing = listener.close().then(() => (closed = true));
  await assert.rejects(openClients(t, port, 1), /ECONNREFUSED/);
  // The first are those of the app's own socket.
  for (const next of settle.slice(0, -1)) next();
  const answered = () => clients.filter(({ answer }) => answer.startsWith('HTTP/1.1 201')).length;
  await waitUntil(() => answered() === 99, { what: '99 answers', deadlineMs: 60_000 });
  await delay(50);
  assert.equal(closed, false);
  settle.at(-1)?.();
  await closing;
  await waitUntil(() => answered() === 100, { what: 'the last answer', deadlineMs: 60_000 });
});

test('a port that is taken is an error, also where another of us would share it', async (t) => {
  const stranger = createServer();
  t.after(() => stranger.close());
  await once(stranger.listen(0, LOCALHOST), 'listening');
  const ours = await startListening(t);
  for (const port of [(stranger.address() as AddressInfo).port, ours.port]) {
    const { app } = await startApp(t);
    const listener = new Listener(app);
    t.after(() => listener.close());
    await assert.rejects(listener.listen({ host: LOCALHOST, port }), { code: 'EADDRINUSE' });
  }
});
