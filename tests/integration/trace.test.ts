import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { ProcessIdentity } from '../../infra/local/pid-file.ts';
import type { Trace } from '../../infra/local/trace/trace.ts';
import type { Running } from '../../infra/local/up/state.ts';
import { waitUntil } from '../../infra/local/wait.ts';

const COMMAND = fileURLToPath(new URL('../../bin/headwater.mjs', import.meta.url));
const state = mkdtempSync(join(tmpdir(), 'headwater-trace-'));
let running: Running;

interface Result {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function headwater(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

async function trace(id: string, ...args: readonly string[]): Promise<Trace & { readonly code: unknown }> {
  const { code, stdout, stderr } = await headwater([
    ...['trace', '--request-id', id, '--state', state, '--json', ...args],
  ]);
  assert.notEqual(stdout, '', stderr);
  return { code, ...(JSON.parse(stdout) as Trace) };
}

/** The trace once every event of a request is stored. */
async function traceStored(id: string, events: number): Promise<Trace & { readonly code: unknown }> {
  let found = await trace(id);
  await waitUntil(
    async () => {
      found = await trace(id);
      return found.events.length === events && found.events.every(({ object }) => object !== undefined);
    },
    { what: `stored: ${id}`, deadlineMs: 60_000 },
  );
  return found;
}

async function upload(id: string, body: string, headers: Record<string, string> = {}): Promise<void> {
  const response = await fetch(`${running.producer}/upload`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': id, ...headers },
    body,
  });
  assert.equal(response.status, 201, await response.text());
}

/** A line of an object, from the files of the local store. */
function lineOf(object: { readonly key: string; readonly line: number }): unknown {
  const bytes = readFileSync(join(state, 'objects', running.store.bucket, object.key));
  return JSON.parse(gunzipSync(bytes).toString('utf8').split('\n')[object.line - 1] ?? '');
}

/** What `trace` needs to look at the same store as that of a stack. */
function asStack(): { args: readonly string[]; env: NodeJS.ProcessEnv } {
  const { bucket, prefix, endpoint = '', credentialsFile = '' } = running.store;
  const credentials = parseEnv(readFileSync(credentialsFile, 'utf8'));
  return {
    args: ['--store', `s3://${bucket}/${prefix}`, '--endpoint', endpoint],
    env: { ...process.env, ...credentials },
  };
}

before(async () => {
  const { code, stderr } = await headwater([
    ...['up', '--detach', '--no-sample', '--port', '0', '--state', state],
  ]);
  assert.equal(code, 0, stderr);
  running = JSON.parse(readFileSync(join(state, 'running.json'), 'utf8')) as Running;
});
after(async () => {
  await headwater(['down', '--state', state]);
  rmSync(state, { recursive: true, force: true });
});

test('an event is found by its request id alone, on its line of its object', async () => {
  for (const other of ['before', 'after']) {
    await upload(other, '{"other":1}', { 'x-event-key': 'one' });
    if (other === 'before') await upload('single', '{"a":1}', { 'x-event-key': 'one' });
  }
  const { code, answer, events, unknown } = await traceStored('single', 1);
  assert.deepEqual({ code, answer, unknown }, { code: 0, answer: 'found', unknown: [] });
  const [event] = events;
  assert(event?.object !== undefined);
  assert.partialDeepStrictEqual(lineOf(event.object), { offset: event.offset, key: 'one', value: { a: 1 } });
  assert.match(event.object.key, new RegExp(`/${event.partition}/\\d{20}\\.ndjson\\.gz$`));
});

test('a batch has one id: all its lines are listed, or the one with a number', async () => {
  const body = Array.from({ length: 500 }, (_, index) => `{"index":${index}}\n`).join('');
  const response = await fetch(`${running.producer}/upload/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'x-request-id': 'batch' },
    body,
  });
  assert.equal(response.status, 200);
  await response.text();
  const { events } = await traceStored('batch', 500);
  assert.deepEqual(
    events.map(({ line }) => line),
    Array.from({ length: 500 }, (_, index) => index + 1),
  );
  const { events: chosen } = await trace('batch', '--line', '77');
  assert.deepEqual(chosen, [events[76]]);
  assert(chosen[0]?.object !== undefined);
  assert.partialDeepStrictEqual(lineOf(chosen[0].object), { value: { index: 76 } });
  assert.equal((await trace('batch', '--line', '501')).answer, 'not-accepted');
});

test('an id that no event has was not accepted, and all that could have it was read', async () => {
  const { stdout } = await headwater(['trace', '--request-id', 'never', '--state', state]);
  assert.match(stdout, /\nnot found: no producer has accepted it in this time\n/);
  const { code, answer, unknown, looked } = await trace('never');
  assert.deepEqual({ code, answer, unknown }, { code: 1, answer: 'not-accepted', unknown: [] });
  assert.ok(looked.objects > 0);
});

test('an event that the consumer has not stored is in Kafka, then in the store at the same offset', async () => {
  const { pid } = JSON.parse(readFileSync(join(state, 'consumer.pid'), 'utf8')) as ProcessIdentity;
  process.kill(pid, 'SIGSTOP');
  let inKafka: Trace;
  try {
    await upload('waiting', '{"b":1}');
    inKafka = await trace('waiting');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  assert.equal(inKafka.answer, 'found');
  const [{ object: none, ...event } = { object: undefined }] = inKafka.events;
  assert.equal(none, undefined);
  assert.ok(inKafka.looked.unstoredRecords > 0);
  assert.partialDeepStrictEqual((await traceStored('waiting', 1)).events, [event]);
});

test('without the brokers the store is told, and what was not looked at', async () => {
  const { args, env } = asStack();
  const ask = async (id: string): Promise<Trace & { readonly code: unknown }> => {
    const { code, stdout, stderr } = await headwater(
      ['trace', '--request-id', id, '--json', ...args, '--kafka', '127.0.0.1:1'],
      env,
    );
    assert.notEqual(stdout, '', stderr);
    return { code, ...(JSON.parse(stdout) as Trace) };
  };
  const [found, never] = await Promise.all([ask('single'), ask('never')]);
  assert.equal(found.answer, 'found');
  assert.equal(found.code, 0);
  assert.deepEqual({ code: never.code, answer: never.answer }, { code: 2, answer: 'undecided' });
  for (const { unknown } of [found, never]) {
    assert.equal(unknown.length, 1);
    assert.match(unknown[0] ?? '', /^Kafka at 127\.0\.0\.1:1 was not looked at \(/);
  }
  const alone = await headwater(['trace', '--request-id', 'never', ...args], env);
  assert.equal(alone.code, 2);
  assert.match(alone.stdout, /not everything could be looked at:\n {2}Kafka was not looked at \(--kafka\)/);
});

test('a bucket that does not exist, and a store that does not answer, are named', async () => {
  const { args, env } = asStack();
  const missing = await headwater(
    ['trace', '--request-id', 'a', '--store', 's3://no-such-bucket', ...args.slice(2)],
    env,
  );
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^error: --store: bucket no-such-bucket does not exist at http:\/\/127/m);
  const away = await headwater(
    ['trace', '--request-id', 'a', '--store', 's3://bucket', '--endpoint', 'http://127.0.0.1:1'],
    env,
  );
  assert.equal(away.code, 2);
  assert.match(away.stderr, /^error: the store at http:\/\/127\.0\.0\.1:1 cannot be read: /m);
});

test('where the bucket has deleted objects of the time, nothing is said about them', async () => {
  const key = { 'x-event-key': 'one' };
  await upload('later', '{"c":1}', key);
  const { events } = await traceStored('later', 1);
  const [first] = (await trace('single')).events;
  assert(first?.object !== undefined && events[0]?.object?.key !== first.object.key);
  rmSync(join(state, 'objects', running.store.bucket, first.object.key));
  const { code, answer, unknown } = await trace('single');
  assert.deepEqual({ code, answer }, { code: 2, answer: 'undecided' });
  assert.match(unknown.join('\n'), /\/: its oldest object starts at offset \d+, so the bucket has deleted/);
});
