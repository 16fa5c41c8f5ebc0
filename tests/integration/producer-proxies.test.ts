import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFreePort } from '../../infra/local/ports.ts';
import { MemoryAccount } from '../../apps/service/memory/memory-account.ts';
import { listen, startApp } from '../apps/producer/app-under-test.ts';
import { needs } from '../runner/needs.ts';
import { envoy } from './proxies/envoy.ts';
import { nginx } from './proxies/nginx.ts';

const CONNECTIONS = 16;
/** Enough for every connection to have had each of the others several times. */
const REQUESTS = 6_000;
const SMALL = Buffer.alloc(1_024, 'x');
const LARGE = Buffer.alloc(100 * 1_024, 'x');
const LINES = Buffer.from('{"n":1}\n{"n":2}\n');

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly type?: string;
  readonly body?: Buffer;
  readonly status: number;
}

const upload = (body: Buffer): Sent => ({ method: 'POST', path: '/upload', body, status: 201 });
/** In every hundred requests two large events, a batch and a GET, each on whatever connection is free. */
const MIXED: Readonly<Record<number, Sent>> = {
  20: upload(LARGE),
  40: { method: 'POST', path: '/upload/batch', type: 'application/x-ndjson', body: LINES, status: 200 },
  60: { method: 'GET', path: '/livez', status: 200 },
  80: upload(LARGE),
};

for (const [name, proxy] of Object.entries({ nginx, envoy })) {
  test(
    `behind ${name}, nine of ten small uploads take the fast path to the end of a mixed load`,
    needs(...(name === 'nginx' ? (['nginx'] as const) : (['pip3'] as const))),
    async (t) => {
      const directory = await mkdtemp(join(tmpdir(), 'headwater-proxies-'));
      t.after(() => rm(directory, { recursive: true }));
      const budget = new MemoryAccount({ bytes: 50_331_648, records: 40_000 });
      const { app, recordLog, registry } = await startApp(t, { maxBodyBytes: 921_600, budget });
      recordLog.append = () => Promise.resolve({ partition: 0, offset: 0, timestamp: 0 });
      const [port, upstreamPort] = [await findFreePort(), await listen(app)];
      const running = await proxy({ host: process, directory, port, upstreamPort });
      await running.start();
      t.after(() => running.stop());
      const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
      t.after(() => agent.destroy());

      let small = 0;
      const sent = Array.from({ length: REQUESTS }, (_, at) => MIXED[at % 100] ?? upload(SMALL)).values();
      const client = async (): Promise<void> => {
        for (const one of sent) {
          if (one.body === SMALL) small++;
          assert.equal(await send(agent, port, one), one.status);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, client));

      const text = await registry.metrics();
      const fast = Number(/_uploads_total\{path="fast"\} (\d+)/.exec(text)?.[1]);
      t.diagnostic(`${((100 * fast) / small).toFixed(1)} % of ${small} small uploads`);
      assert.ok(fast <= small);
      assert.ok(fast >= 0.9 * small, `${fast} of ${small}`);
    },
  );
}

function send(
  agent: Agent,
  port: number,
  { method, path, type = 'text/plain', body }: Sent,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const headers = body === undefined ? {} : { 'content-type': type, 'content-length': body.length };
  request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
    response.resume().once('end', () => resolve(response.statusCode));
  })
    .once('error', reject)
    .end(body);
  return promise;
}
