import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { DeliveryError, type Failure } from '../../../apps/producer/delivery/record-log.ts';
import { errorSchema } from '../../../apps/producer/http/problem.ts';
import { listen, sendRaw, startApp } from './app-under-test.ts';
import { Chance } from './chance.ts';

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const ajv = new Ajv2020({ strict: false });
const isErrorBody = ajv.compile(errorSchema);

/** Statuses of any path: HTTP itself was not kept. */
const OF_HTTP = [400, 404, 405, 415, 417];

/** What is read of a request, but not carried out. */
const OF_VERSION = [501, 505];

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const;
const failures: readonly Failure[] = ['not-stored', 'queue-full', 'unknown', 'too-large', 'invalid-record'];

async function fetchOpenApi(app: FastifyInstance): Promise<OpenApi> {
  const answer = await app.inject('/openapi.json');
  assert.equal(answer.statusCode, 200);
  return answer.json<OpenApi>();
}

interface FuzzedRequest extends InjectOptions {
  readonly method: (typeof methods)[number];
  readonly url: string;
  readonly payload: Buffer;
}

function randomRequest(chance: Chance, paths: readonly string[]): FuzzedRequest {
  const uploads = ['/upload', '/upload', '/upload/batch'];
  const url = chance.often() ? chance.pick(chance.often() ? uploads : paths) : `/${chance.text(12)}`;
  const method = chance.often() && url.startsWith('/upload') ? 'POST' : chance.pick(methods);
  const headers: Record<string, string> = {};
  const type = chance.pick([
    'application/json',
    url === '/upload' ? 'application/json' : 'application/x-ndjson',
    url === '/upload' ? 'text/plain; charset=utf-8' : 'application/x-ndjson',
    chance.pick(['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded']),
    chance.headerText(20),
    '',
  ]);
  if (type !== '') headers['content-type'] = type;
  for (const [name, values] of [
    ['x-event-key', ['k', '', chance.headerText(30)]],
    ['x-request-id', ['r-1', '', chance.headerText(200)]],
    ['content-encoding', ['identity', 'gzip', chance.headerText(5)]],
    ['accept', ['*/*', 'text/html', chance.headerText(10)]],
    ['expect', ['100-continue', chance.headerText(5)]],
  ] as const) {
    if (chance.rarely()) headers[name] = chance.pick(values);
  }
  return { method, url: encodeURI(url), headers, payload: chance.body() };
}

test('10,000 seeded requests: each answer is what /openapi.json says, and what is stored is what was sent', async (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_122);
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const chance = new Chance(seed);
  const { app, recordLog, budget } = await startApp(t, { maxBodyBytes: 2_000 });
  const { paths } = await fetchOpenApi(app);
  recordLog.answer = (_record, offset) =>
    chance.seldom()
      ? Promise.reject(new DeliveryError(chance.pick(failures), chance.text(20)))
      : Promise.resolve({ partition: 0, offset, timestamp: 0 });
  const validators = new Map<object, ValidateFunction>();
  const seen = new Map<number, number>();
  for (let round = 0; round < 10_000; round++) {
    const request = randomRequest(chance, Object.keys(paths));
    const before = recordLog.records.length;
    const answer = await app.inject(request);
    const { statusCode, payload } = answer;
    const what = `${round}: ${request.method} ${request.url} ${JSON.stringify(request.headers)} → ${statusCode} ${payload}`;
    seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
    assert.ok(statusCode < 500 || statusCode === 503 || statusCode === 504, what);
    const operation = paths[request.url]?.[request.method.toLowerCase()];
    const documented = operation?.responses[statusCode];
    assert.ok(documented !== undefined || OF_HTTP.includes(statusCode) || request.method === 'HEAD', what);
    const [type = '', content] = Object.entries(documented?.content ?? {})[0] ?? [];
    if (documented === undefined) {
      if (request.method !== 'HEAD') assert.ok(isErrorBody(answer.json()), what);
    } else {
      assert.ok(String(answer.headers['content-type']).startsWith(type), what);
      const schema = content?.schema ?? {};
      const validate = validators.get(schema) ?? ajv.compile(schema);
      validators.set(schema, validate);
      const value: unknown = type === 'application/json' ? answer.json() : payload;
      assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}`);
    }
    if (statusCode === 201) {
      assert.equal(recordLog.records.length, before + 1, what);
      assert.deepEqual(recordLog.records.at(-1)?.value, request.payload, what);
    } else if (statusCode === 400 || statusCode === 415) {
      assert.ok(recordLog.records.length <= before + 1, what);
    }
    assert.equal(budget.bytes, 0, what);
  }
  t.diagnostic(`statuses: ${JSON.stringify(Object.fromEntries([...seen].sort()))}`);
  for (const status of [200, 201, 400, 404, 405, 413, 415, 417, 503, 504]) {
    assert.ok((seen.get(status) ?? 0) > 10, `status ${status} was hardly reached`);
  }
});

test('500 seeded streams of bytes that are hardly HTTP: each is answered or closed, and the next is served', async (t) => {
  const chance = new Chance(7);
  const { app } = await startApp(t, { requestTimeoutMs: 400 });
  const port = await listen(app);
  const fine =
    'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc';
  const streams = Array.from({ length: 500 }, () => chance.mutate(Buffer.from(fine)));
  let next = 0;
  const worker = async () => {
    for (let stream = streams[next++]; stream !== undefined; stream = streams[next++]) {
      const { text, statusCode } = await sendRaw(port, [stream, '\r\n\r\n'], /^HTTP[^]*\r\n\r\n/);
      assert.ok(
        text === '' || (statusCode >= 200 && statusCode < 500) || OF_VERSION.includes(statusCode),
        text,
      );
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  assert.equal((await sendRaw(port, [fine])).statusCode, 201);
});

test('/openapi.json names every route with its answers and nothing else', async (t) => {
  const { app } = await startApp(t);
  const { openapi, paths } = await fetchOpenApi(app);
  assert.match(openapi, /^3\.1\./);
  const found = Object.entries(paths).map(([path, operations]) => [
    path,
    Object.entries(operations).map(
      ([method, { responses }]) => `${method} ${Object.keys(responses).join(' ')}`,
    ),
  ]);
  assert.deepEqual(Object.fromEntries(found), {
    '/livez': ['get 200'],
    '/readyz': ['get 200 503'],
    '/metrics': ['get 200'],
    '/upload': ['post 201 400 401 403 408 413 415 429 503 504'],
    '/upload/batch': ['post 200 400 401 403 408 415 429 503'],
  });
  assert.deepEqual(Object.keys(paths['/upload/batch']?.['post']?.requestBody?.content ?? {}), [
    'application/x-ndjson',
  ]);
});
