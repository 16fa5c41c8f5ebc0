import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test from 'node:test';
import { findFreePort, findFreePorts, isPortFree } from '../../../infra/local/ports.ts';

test('ports are free, different, and below those that outgoing connections take', async () => {
  const ports = await findFreePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) {
    assert(port < 32_768);
    assert(await isPortFree(port));
  }
});

for (const host of ['127.0.0.1', '0.0.0.0']) {
  test(`a port that is taken on ${host} is not free`, async (t) => {
    const port = await findFreePort();
    const server = createServer().listen(port, host);
    t.after(() => server.close());
    await new Promise((listening) => server.once('listening', listening));
    assert(!(await isPortFree(port)));
  });
}

test('a port that was given is given to nobody else, though nothing listens on it yet', async (t) => {
  const picks = [0.1234, 0.1234, 0.8765];
  t.mock.method(Math, 'random', () => picks.shift() ?? 0.5);
  const first = await findFreePort();
  const second = await findFreePort();
  assert.notEqual(second, first);
  assert.deepEqual(picks, []);
});
