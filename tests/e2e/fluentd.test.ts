// What our Fluentd configuration does in the program itself: `npm run test:fluentd`. It needs a fluentd on the PATH with
// the plugins of fluent/fluentd-kubernetes-daemonset (elasticsearch, concat, parser-cri, kubernetes_metadata_filter,
// prometheus); where there is none, nothing is run and the tests say so.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fluentdConfiguration } from '../../infra/constructs/fluentd-configuration.ts';

const installed = spawnSync('fluentd', ['--version']).status === 0;
const skip = installed ? false : 'fluentd is not installed';

const DEADLINE_MS = 60_000;
const CONTAINER = `producer-0_headwater_producer-${'0'.repeat(64)}.log`;

interface Document {
  readonly id: string;
  readonly action: string;
  readonly source: Readonly<Record<string, unknown>>;
}

/** Answers as Elasticsearch does, and keeps the documents that it is sent. */
async function startSearch(documents: Document[]): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-elastic-product', 'Elasticsearch');
      if (!(request.url ?? '').includes('_bulk')) {
        response.end(JSON.stringify({ acknowledged: true, version: { number: '8.19.0' } }));
        return;
      }
      const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
      const items = [];
      for (let index = 0; index < lines.length; index += 2) {
        const [[action, meta] = ['', { _id: '' }]] = Object.entries(
          JSON.parse(lines[index] ?? '') as Record<string, { _id: string }>,
        );
        documents.push({
          id: meta._id,
          action,
          source: JSON.parse(lines[index + 1] ?? '') as Record<string, unknown>,
        });
        items.push({ [action]: { _id: meta._id, status: 201 } });
      }
      response.end(JSON.stringify({ errors: false, items }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Our configuration, with the node's directories and the Secrets' under another root. */
async function writeConfiguration(root: string, port: number): Promise<string> {
  const etc = join(root, 'etc');
  const files = fluentdConfiguration({
    namespace: 'headwater-logging',
    buffer: { chunkLimitBytes: 2 ** 20, totalLimitBytes: 2 ** 24, flushIntervalSeconds: 1 },
    search: {
      product: 'elasticsearch',
      scheme: 'http',
      host: '127.0.0.1',
      port,
      credentialsSecretName: 'search-credentials-v1',
      indexPrefix: 'pods',
    },
  });
  for (const directory of [
    'etc',
    'var/log/containers',
    'var/lib/headwater/fluentd',
    'etc/search/credentials',
  ]) {
    await mkdir(join(root, directory), { recursive: true });
  }
  for (const key of ['username', 'password']) await writeFile(join(root, 'etc/search/credentials', key), 'x');
  for (const [name, text] of Object.entries(files)) {
    const moved = text
      .replaceAll('/fluentd/etc/', `${etc}/`)
      .replaceAll('/etc/search/', `${root}/etc/search/`)
      .replaceAll('/var/', `${root}/var/`)
      // Another run on this machine may have the port.
      .replace(/port 24231/, 'port 0');
    await writeFile(join(etc, name), moved);
  }
  return join(etc, 'fluent.conf');
}

async function freshRoot(context: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'headwater-fluentd-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

const environment = { ...process.env, FLUENTD_SYSTEMD_CONF: 'disable', K8S_NODE_NAME: 'node' };

test('Fluentd takes the configuration (--dry-run)', { skip }, async (context) => {
  const config = await writeConfiguration(await freshRoot(context), 9200);
  const { status, stdout, stderr } = spawnSync('fluentd', ['--dry-run', '-c', config], {
    encoding: 'utf8',
    env: environment,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.doesNotMatch(`${stdout}${stderr}`, /parameter '.*' in .* is not used/);
});

/** Runs Fluentd on the lines under a root, as if it had never seen them, until so many documents have come. */
async function deliver(
  context: TestContext,
  root: string,
  lines: readonly string[],
  expected: number,
): Promise<readonly Document[]> {
  const documents: Document[] = [];
  const server = await startSearch(documents);
  context.after(() => server.close());
  await rm(join(root, 'var'), { recursive: true, force: true });
  const config = await writeConfiguration(root, (server.address() as AddressInfo).port);
  await writeFile(join(root, 'var/log/containers', CONTAINER), lines.map((line) => `${line}\n`).join(''));
  const fluentd: ChildProcess = spawn('fluentd', ['-c', config], { env: environment, stdio: 'ignore' });
  try {
    const deadline = Date.now() + DEADLINE_MS;
    while (documents.length < expected && Date.now() < deadline) await setTimeout(200);
  } finally {
    fluentd.kill('SIGTERM');
    if (fluentd.exitCode === null) await once(fluentd, 'exit');
  }
  return documents;
}

const LINES = [
  '2026-11-22T10:00:00.000000001Z stdout F one',
  '2026-11-22T10:00:00.000000002Z stdout P cut in ',
  '2026-11-22T10:00:00.000000003Z stdout F two',
  '2026-11-22T10:00:00.000000004Z stderr F one',
];

test(
  'lines of the runtime become documents: cut ones whole, each once, with its stream',
  { skip },
  async (context) => {
    const documents = await deliver(context, await freshRoot(context), LINES, 3);
    const seen = documents.map(({ source }) => [source['stream'], source['message']]).sort();
    assert.deepEqual(seen, [
      ['stderr', 'one'],
      ['stdout', 'cut in two'],
      ['stdout', 'one'],
    ]);
    assert.equal(new Set(documents.map(({ id }) => id)).size, 3);
    assert.ok(documents.every(({ action, source }) => action === 'create' && !('_hash' in source)));
  },
);

test('the same lines read again are the same documents', { skip }, async (context) => {
  const root = await freshRoot(context);
  const idsOf = (documents: readonly Document[]) => documents.map(({ id }) => id).sort();
  const before = idsOf(await deliver(context, root, LINES, 3));
  assert.deepEqual(idsOf(await deliver(context, root, LINES, 3)), before);
});
