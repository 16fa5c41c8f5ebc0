import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';
import { ObjectStore } from '../../infra/local/object-store.ts';
import { runs, type ProcessIdentity } from '../../infra/local/pid-file.ts';
import { findFreePort } from '../../infra/local/ports.ts';
import type { Report } from '../../infra/local/up/report.ts';
import { waitUntil } from '../../infra/local/wait.ts';

const COMMAND = fileURLToPath(new URL('../../bin/headwater.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'headwater-up-'));
/** The tests of this file go on where the one before has ended. */
const state = join(directory, 'state');
const input = join(directory, 'input.ndjson');
writeFileSync(input, Array.from({ length: 500 }, (_, index) => `${JSON.stringify({ index })}\n`).join(''));

after(() => rmSync(directory, { recursive: true }));

function run(
  t: TestContext,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  said: () => string;
} {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  const ended = Promise.all([once(child, 'close') as Promise<[number | null]>, text(child.stdout)]).then(
    ([[code], stdout]) => ({ code, stdout, stderr }),
  );
  return { child, ended, said: () => stderr };
}

async function upOnce(t: TestContext, args: readonly string[], environment?: NodeJS.ProcessEnv) {
  const { code, stdout, stderr } = await run(
    t,
    ['up', '--once', '--json', '--port', '0', ...args],
    environment,
  ).ended;
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split('\n').length, 1);
  return JSON.parse(stdout) as Report;
}

/** Every process that the state's pid files name. */
function processes(): ProcessIdentity[] {
  return globSync('{*,*/*}.pid', { cwd: state }).map(
    (name) => JSON.parse(readFileSync(join(state, name), 'utf8')) as ProcessIdentity,
  );
}

function alive(identities: readonly ProcessIdentity[]): ProcessIdentity[] {
  return identities.filter((identity) => runs(identity, process));
}

test('up --once stores every event of a file exactly once, says so in one line of JSON, and ends', async (t) => {
  const report = await upOnce(t, ['--state', state, '--input', input]);
  assert.partialDeepStrictEqual(report, {
    ok: true,
    accepted: 500,
    stored: 500,
    missing: 0,
    duplicate: 0,
    failed: 0,
    violations: {},
  });
  assert(report.objects > 0 && report.seconds > 0 && report.eventsPerSecond > 0);
  assert.deepEqual(processes(), []);
});

test('what up keeps is open to its owner alone', () => {
  const kept = readdirSync(state, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() || entry.name.endsWith('.log'),
  );
  assert(kept.length > 4);
  for (const name of ['', ...kept.map(({ name }) => name), 'object-store.env']) {
    assert.equal(statSync(join(state, name)).mode & 0o077, 0, name);
  }
});

test('a second up on the same state continues its chains, and counts what it sends itself', async (t) => {
  const report = await upOnce(t, ['--state', state, '--input', input]);
  assert.partialDeepStrictEqual(report, { ok: true, accepted: 500, stored: 500, violations: {} });
});

test('a Kafka without ZooKeeper on the same state has its own data, and its objects in the same bucket', async (t) => {
  const report = await upOnce(t, ['--state', state, '--input', input, '--metadata', 'kraft']);
  assert.partialDeepStrictEqual(report, { ok: true, accepted: 500, stored: 500, violations: {} });
  assert.deepEqual(globSync('{zookeeper,kraft}-*', { cwd: state }).sort(), ['kraft-1', 'zookeeper-1']);
});

test('an event that is refused makes the exit code 1, and is shown', async (t) => {
  const mixed = join(directory, 'mixed.ndjson');
  writeFileSync(mixed, '{"good":1}\nnot json\n');
  const { code, stdout, stderr } = await run(t, [
    ...['up', '--once', '--port', '0', '--state', state, '--input', mixed],
  ]).ended;
  assert.equal(code, 1, stderr);
  assert.match(stdout, /^accepted +1$/m);
  assert.match(stdout, /^not accepted +1$/m);
  assert.match(stderr, /^not accepted: event 2: 400 /m);
});

test('Ctrl-C ends all processes, while another up is refused and a killed consumer comes back', async (t) => {
  const port = await findFreePort();
  const { child, ended, said } = run(t, ['up', '--state', state, '--input', input, '--port', String(port)]);
  await waitUntil(() => said().includes('the pipeline runs until Ctrl-C'), {
    what: 'up',
    deadlineMs: 120_000,
  });

  const other = await run(t, ['up', '--state', state]).ended;
  assert.equal(other.code, 1);
  assert.match(
    other.stderr,
    new RegExp(`^error: .* is in use by pid ${child.pid ?? ''}: end it with npm run down`),
  );

  const status = await run(t, ['status', '--state', state, '--json']).ended;
  assert.partialDeepStrictEqual(JSON.parse(status.stdout), {
    running: true,
    pid: child.pid,
    producer: `http://127.0.0.1:${port}`,
    accepted: 500,
    stored: 500,
  });

  const { pid } = JSON.parse(readFileSync(join(state, 'consumer.pid'), 'utf8')) as ProcessIdentity;
  process.kill(pid, 'SIGKILL');
  await waitUntil(() => said().includes('consumer ended with SIGKILL, starting it again'), {
    what: 'noticed',
    deadlineMs: 60_000,
  });
  const posted = await fetch(`http://127.0.0.1:${port}/upload`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"after":"the kill"}',
  });
  assert.equal(posted.status, 201);
  await waitUntil(
    async () => {
      const { stdout } = await run(t, ['status', '--state', state, '--json']).ended;
      return (JSON.parse(stdout) as { stored?: number }).stored === 1;
    },
    { what: 'stored by the new consumer', deadlineMs: 60_000 },
  );

  const before = processes();
  assert.equal(alive(before).length, 6);
  child.kill('SIGINT');
  // npm passes on what the terminal has sent already: that is one Ctrl-C, not an impatient second one.
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(alive(before), []);
  assert.deepEqual(processes(), []);
  for (const name of ['producer', 'consumer']) {
    const lines = readFileSync(join(state, `${name}.log`), 'utf8')
      .trimEnd()
      .split('\n');
    assert.partialDeepStrictEqual(JSON.parse(lines.at(-1) ?? ''), { msg: 'shut down' }, name);
  }
});

test('Ctrl-C while it starts leaves no process either, and the next start is whole', async (t) => {
  const { child, ended } = run(t, ['up', '--state', state, '--input', input, '--port', '0']);
  const started = await waitUntil(() => alive(processes()).length >= 3 && processes(), {
    what: 'starting',
    deadlineMs: 60_000,
  });
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.equal(code, 130, stderr);
  assert.deepEqual(alive(started), []);
  assert.deepEqual(processes(), []);
  assert.partialDeepStrictEqual(await upOnce(t, ['--state', state, '--input', input]), { ok: true });
});

test('a supervisor killed by SIGKILL leaves nothing that the next one could not take over', async (t) => {
  const { child, ended, said } = run(t, ['up', '--state', state, '--no-sample', '--port', '0']);
  await waitUntil(() => said().includes('post events to'), { what: 'up', deadlineMs: 120_000 });
  const left = processes();
  child.kill('SIGKILL');
  await ended;
  if (process.platform === 'linux') {
    await waitUntil(() => alive(left).length === 0, { what: 'dead with its parent', deadlineMs: 60_000 });
  }
  assert.partialDeepStrictEqual(await upOnce(t, ['--state', state, '--input', input]), {
    ok: true,
    stored: 500,
  });
});

test('--detach returns when it runs, status describes it, down ends it', async (t) => {
  const up = await run(t, ['up', '--detach', '--state', state, '--no-sample', '--port', '0']).ended;
  assert.equal(up.code, 0, up.stderr);
  t.after(() => run(t, ['down', '--state', state]).ended);
  const running = processes();
  const status = await run(t, ['status', '--state', state]).ended;
  assert.equal(status.code, 0);
  assert.match(status.stdout, /^nothing is wrong\n/);
  assert.match(status.stdout, /^runs as pid \d+\npost events to .*\n/m);
  const down = await run(t, ['down', '--state', state]).ended;
  assert.equal(down.code, 0, down.stderr);
  assert.deepEqual(alive(running), []);
  assert.equal((await run(t, ['status', '--state', state]).ended).code, 1);
  assert.match((await run(t, ['down', '--state', state]).ended).stderr, /^nothing runs on /);
});

test('a port in use is told before anything starts', async (t) => {
  const port = await findFreePort();
  const server = createServer().listen(port, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { code, stderr } = await run(t, ['up', '--state', state, '--port', String(port)]).ended;
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^error: port ${port} is in use: `));
  assert.deepEqual(processes(), []);
});

test('with a Kafka and a bucket of one’s own neither Java nor Go is needed', async (t) => {
  const own = join(directory, 'own');
  const kafka = await KafkaCluster.create({ host: process, directory: own, brokers: 1, metadata: 'kraft' });
  const store = await ObjectStore.create({ host: process, directory: own, bucket: 'mine' });
  t.after(async () => {
    await kafka.stop();
    await store.stop();
  });
  await Promise.all([kafka.start(), store.start()]);
  const report = await upOnce(
    t,
    [
      ...['--state', join(directory, 'bare'), '--input', input, '--kafka', kafka.bootstrapServers],
      ...['--store', 's3://mine/some/where', '--endpoint', store.endpoint],
    ],
    {
      PATH: directory,
      HEADWATER_CACHE: directory,
      AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    },
  );
  assert.partialDeepStrictEqual(report, { ok: true, accepted: 500, stored: 500 });
  assert.deepEqual(readdirSync(join(store.files, 'some/where')).sort(), ['_layout.json', 'events']);
});
