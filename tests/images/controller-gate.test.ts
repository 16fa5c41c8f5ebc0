import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { renderProperties } from '../../infra/constructs/workloads/config-files.ts';

const script = join(import.meta.dirname, '../../images/kafka/bin/controller-before-stop.sh');

async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/**
 * Runs the gate as the first of a quorum of which some others listen; resolves with what it wrote into the log.
 *
 * @param host that the others are said to have
 */
async function leave(
  t: TestContext,
  size: number,
  listening: number,
  timeoutS: number,
  host = '127.0.0.1',
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-controller-gate-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const servers = await Promise.all(Array.from({ length: size - 1 }, () => listen()));
  const addresses = servers.map((server, index) => `${101 + index}@${host}:${portOf(server)}`);
  t.after(() => servers.forEach((server) => server.close()));
  await Promise.all(servers.slice(listening).map(async (server) => once(server.close(), 'close')));
  const voters = ['100@kafka-controller-0.invalid:9090', ...addresses].join(',');
  writeFileSync(
    join(directory, 'server.properties'),
    renderProperties({ 'controller.quorum.voters': voters }),
  );
  writeFileSync(join(directory, 'node-0.properties'), renderProperties({ 'node.id': 100 }));
  const log = join(directory, 'log');
  writeFileSync(log, '');
  const child = spawn(script, {
    stdio: 'inherit',
    env: {
      ...process.env,
      HEADWATER_CONFIG: directory,
      HEADWATER_LOG: log,
      POD_INDEX: '0',
      DEPARTURE_TIMEOUT_S: String(timeoutS),
      GONE_S: '1',
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0, 'a departure is held, never refused');
  return readFileSync(log, 'utf8');
}

const AT_ONCE = /^before-stop: leaves: the others are a majority\n$/;
const HELD =
  /^before-stop: waits: .*\n(.*\n)*before-stop: leaves after 2 s although fewer than \d of the others listen\n$/;

test('a node leaves at once where the others are a majority', async (t) => {
  assert.match(await leave(t, 3, 2, 30), AT_ONCE);
  assert.match(await leave(t, 5, 3, 30), AT_ONCE);
});

test('a node is held while the others would be no majority, and goes at the timeout', async (t) => {
  assert.match(await leave(t, 3, 1, 2), HELD);
  assert.match(await leave(t, 5, 2, 2), HELD);
});

test('the only node is not held: waiting would bring no other', async (t) => {
  assert.match(await leave(t, 1, 0, 30), AT_ONCE);
});

test('the last node is not held once no other has had a pod for a while: the whole set is going', async (t) => {
  const said = await leave(t, 3, 0, 30, 'gone.invalid');
  assert.match(said, /before-stop: leaves although .* none has had a pod for 1 s\n$/);
});
