import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { addSourceMetrics } from '../../../apps/producer/metrics.ts';
import type { SourceSettings } from '../../../apps/producer/sources/settings.ts';
import { Sources } from '../../../apps/producer/sources/sources.ts';
import { listen, readResponse, startApp } from './app-under-test.ts';
import { RawClient } from './raw-client.ts';
import { KeyFiles } from './sources/files.ts';

const KEY = 'headwater_valid-key-of-web';
const OTHER = 'headwater_valid-key-of-app';
const WRONG = 'headwater_unknown-key';
const CHALLENGE = 'Bearer realm="headwater"';

type Limits = SourceSettings[string]['limits'];

async function start(t: TestContext, limits?: Limits) {
  const files = await KeyFiles.create(t);
  const clock = { ms: 0 };
  const settings: SourceSettings = {
    web: { who: 'keys', keysFile: await files.put('web', KEY), limits },
    app: { who: 'keys', keysFile: await files.put('app', OTHER) },
  };
  const log = { info: () => undefined, error: () => undefined };
  const sources = new Sources(settings, { log, now: () => clock.ms });
  const under = await startApp(t, { sources });
  addSourceMetrics(under.registry, sources);
  await listen(under.app);
  return { ...under, files, sources, clock };
}

interface Sent {
  readonly path?: string;
  readonly lines?: string;
  readonly body?: string;
  readonly isChunked?: true;
}

/** How a request reaches the producer: the fast path takes it in one piece only. */
const ways = { 'in one piece': false, 'in two pieces': true } as const;

async function send(
  t: TestContext,
  { app }: Pick<Awaited<ReturnType<typeof start>>, 'app'>,
  { path = '/upload', lines = '', body = 'abc', isChunked }: Sent,
  inPieces = false,
) {
  const client = await RawClient.open(t, app);
  const framed =
    isChunked === true
      ? `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      : `Content-Length: ${body.length}\r\n\r\n${body}`;
  const request = `POST ${path} HTTP/1.1\r\nHost: x\r\n${lines}${framed}`;
  await client.send(...(inPieces ? [request.slice(0, 10), request.slice(10)] : [request]));
  if (path.endsWith('batch')) await client.until(() => /0\r\n\r\n$|\}$/.test(client.text), 'the response');
  return readResponse(path.endsWith('batch') ? client.text : await client.answered());
}

const bearer = (key: string): string => `Authorization: Bearer ${key}\r\n`;
const codeOf = (body: string): string => (JSON.parse(body) as { error: { code: string } }).error.code;

interface Refused {
  readonly lines: string;
  readonly status: number;
  readonly code: string;
  readonly challenge: string;
}

const refused: Readonly<Record<string, Refused>> = {
  'no key': { lines: '', status: 401, code: 'missing_key', challenge: CHALLENGE },
  'an empty header': {
    lines: 'Authorization: \r\n',
    status: 401,
    code: 'missing_key',
    challenge: CHALLENGE,
  },
  'another scheme': {
    lines: 'Authorization: Basic d2ViOmtleQ==\r\n',
    status: 401,
    code: 'missing_key',
    challenge: CHALLENGE,
  },
  'a key without its scheme': {
    lines: `Authorization: ${KEY}\r\n`,
    status: 401,
    code: 'missing_key',
    challenge: CHALLENGE,
  },
  'a wrong key': {
    lines: bearer(WRONG),
    status: 401,
    code: 'invalid_key',
    challenge: `${CHALLENGE}, error="invalid_token"`,
  },
  'a part of a key': {
    lines: bearer(KEY.slice(0, -1)),
    status: 401,
    code: 'invalid_key',
    challenge: `${CHALLENGE}, error="invalid_token"`,
  },
  'a key of another source': {
    lines: `${bearer(OTHER)}X-Source: web\r\n`,
    status: 403,
    code: 'wrong_source',
    challenge: `${CHALLENGE}, error="insufficient_scope"`,
  },
  'a source that does not exist': {
    lines: `${bearer(KEY)}X-Source: none\r\n`,
    status: 403,
    code: 'wrong_source',
    challenge: `${CHALLENGE}, error="insufficient_scope"`,
  },
  'a wrong key of a source that exists': {
    lines: `${bearer(WRONG)}X-Source: web\r\n`,
    status: 401,
    code: 'invalid_key',
    challenge: `${CHALLENGE}, error="invalid_token"`,
  },
  'a scheme without a key': {
    lines: 'Authorization: Bearer\r\n',
    status: 400,
    code: 'malformed_authorization',
    challenge: `${CHALLENGE}, error="invalid_request"`,
  },
  'a key of odd bytes': {
    lines: bearer('a key'),
    status: 400,
    code: 'malformed_authorization',
    challenge: `${CHALLENGE}, error="invalid_request"`,
  },
  'two headers': {
    lines: `${bearer(KEY)}${bearer(KEY)}`,
    status: 400,
    code: 'malformed_authorization',
    challenge: `${CHALLENGE}, error="invalid_request"`,
  },
};

for (const [name, { lines, status, code, challenge }] of Object.entries(refused)) {
  test(`${name}: ${status} ${code}, nothing is stored, whatever reads the request`, async (t) => {
    const under = await start(t);
    const answers = [
      await send(t, under, { lines }),
      await send(t, under, { lines }, true),
      await send(t, under, {
        lines: `${lines}Content-Type: application/x-ndjson\r\n`,
        path: '/upload/batch',
      }),
    ];
    for (const answer of answers) {
      assert.equal(answer.statusCode, status);
      assert.equal(codeOf(answer.body), code);
      assert.equal(answer.headers.get('www-authenticate'), challenge);
    }
    assert.equal(under.recordLog.records.length, 0);
  });
}

for (const [way, inPieces] of Object.entries(ways)) {
  test(`a valid key stores the event ${way}, in any case of the scheme, and leaves no trace`, async (t) => {
    const under = await start(t);
    for (const lines of [bearer(KEY), `authorization: BEARER  ${KEY}\r\nX-Source: web\r\n`, bearer(OTHER)]) {
      assert.equal((await send(t, under, { lines }, inPieces)).statusCode, 201);
    }
    const wrong = await send(t, under, { lines: bearer(WRONG) }, inPieces);
    const text = [
      await under.registry.metrics(),
      ...under.logLines,
      wrong.text,
      ...under.recordLog.records.flatMap(({ value, headers }) => [
        value.toString(),
        ...[...headers].flat().map(String),
      ]),
    ].join('\n');
    assert.equal(under.recordLog.records.length, 3);
    assert.match(text, /headwater_producer_source_events_total\{source="web"\} 2\n/);
    assert.match(text, /headwater_producer_source_bytes_total\{source="app"\} 3\n/);
    assert.match(text, /headwater_producer_source_keys\{source="web"\} 1\n/);
    for (const key of [KEY, OTHER, WRONG]) assert.equal(text.includes(key), false, 'a key is shown');
    assert.doesNotMatch(text, /sha256|[\da-f]{64}/);
  });

  test(`a revoked key is refused ${way}, on a connection that it has used too`, async (t) => {
    const under = await start(t);
    const client = await RawClient.open(t, under.app);
    const request = `POST /upload HTTP/1.1\r\nHost: x\r\n${bearer(KEY)}Content-Length: 1\r\n\r\nx`;
    const pieces = inPieces ? [request.slice(0, 10), request.slice(10)] : [request];
    await client.send(...pieces);
    assert.match(await client.answered(), /^HTTP\/1\.1 201 /);
    await under.files.put('web', 'another');
    under.sources.reload();
    client.text = '';
    await client.send(...pieces);
    assert.match(await client.answered(), /^HTTP\/1\.1 401 .*"invalid_key"/s);
  });

  test(`above a limit of requests ${way}: 429 with the seconds to wait, then 201`, async (t) => {
    const under = await start(t, { requestsPerSecond: 0.5, burstSeconds: 4 });
    const upload = () => send(t, under, { lines: bearer(KEY) }, inPieces);
    assert.deepEqual([(await upload()).statusCode, (await upload()).statusCode], [201, 201]);
    const over = await upload();
    assert.deepEqual(
      [over.statusCode, codeOf(over.body), over.headers.get('retry-after')],
      [429, 'over_quota', '2'],
    );
    assert.equal((await send(t, under, { lines: bearer(OTHER) }, inPieces)).statusCode, 201);
    under.clock.ms = 2_000;
    assert.equal((await upload()).statusCode, 201);
    assert.equal(under.recordLog.records.length, 4);
    const metrics = await under.registry.metrics();
    assert.match(metrics, /headwater_producer_source_over_quota_total\{source="web"\} 1\n/);
    assert.match(metrics, /headwater_producer_source_over_quota_total\{source="app"\} 0\n/);
  });

  test(`above a limit of bytes ${way}: 429, and a smaller event is stored`, async (t) => {
    const under = await start(t, { bytesPerSecond: 100, burstSeconds: 1 });
    const upload = (bytes: number) =>
      send(t, under, { lines: bearer(KEY), body: 'x'.repeat(bytes) }, inPieces);
    assert.equal((await upload(80)).statusCode, 201);
    const over = await upload(50);
    assert.deepEqual([over.statusCode, over.headers.get('retry-after')], [429, '1']);
    assert.equal((await upload(20)).statusCode, 201);
    assert.equal(under.recordLog.records.length, 2);
  });
}

test('a body without a length is charged when it is there', async (t) => {
  const under = await start(t, { bytesPerSecond: 100, burstSeconds: 1 });
  const upload = (bytes: number) =>
    send(t, under, { lines: bearer(KEY), body: 'x'.repeat(bytes), isChunked: true });
  assert.equal((await upload(80)).statusCode, 201);
  assert.equal((await upload(50)).statusCode, 429);
  assert.equal(under.recordLog.records.length, 1);
});

test('a client that waits for 100 Continue hears of the quota before it sends the body', async (t) => {
  const under = await start(t, { requestsPerSecond: 1, burstSeconds: 1 });
  assert.equal((await send(t, under, { lines: bearer(KEY) })).statusCode, 201);
  const client = await RawClient.open(t, under.app);
  await client.send(
    `POST /upload HTTP/1.1\r\nHost: x\r\n${bearer(KEY)}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
  );
  assert.match(await client.answered(), /^HTTP\/1\.1 429 /);
});

const NDJSON = 'Content-Type: application/x-ndjson\r\n';
const statusesOf = (text: string) => Array.from(text.matchAll(/"status":(\d+)/g), ([, status]) => status);

test('each line of a batch is charged: those above the quota are 429 and not stored, the others stored', async (t) => {
  const under = await start(t, { eventsPerSecond: 2, burstSeconds: 1 });
  const batch = { path: '/upload/batch', lines: NDJSON + bearer(KEY), body: '1\n2\n3\n' };
  const answer = await send(t, under, batch);
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(statusesOf(answer.body), ['201', '201', '429']);
  assert.match(answer.body, /\{"line":3,"status":429,"error":\{"code":"over_quota",/);
  assert.match(answer.body, /\{"done":true,"stored":2,"failed":1\}/);
  assert.deepEqual(
    under.recordLog.records.map(({ value }) => value.toString()),
    ['1', '2'],
  );
  const refusal = await send(t, under, batch);
  assert.deepEqual([refusal.statusCode, refusal.headers.get('retry-after')], [429, '1']);
  assert.equal(under.recordLog.records.length, 2);
});

test('a line above the limit of bytes is 429, a shorter one behind it is stored', async (t) => {
  const under = await start(t, { bytesPerSecond: 10, burstSeconds: 1 });
  const body = '123456\n1234567\n12\n';
  const answer = await send(t, under, { path: '/upload/batch', lines: NDJSON + bearer(KEY), body });
  assert.deepEqual(statusesOf(answer.body), ['201', '429', '201']);
});

test('health, metrics and the description of the API need no key', async (t) => {
  const { app } = await start(t);
  for (const url of ['/livez', '/readyz', '/metrics', '/openapi.json'])
    assert.equal((await app.inject(url)).statusCode, 200, url);
});

test('the description of the API has the scheme and the responses', async (t) => {
  const { app } = await start(t);
  const api = (await app.inject('/openapi.json')).json<{
    components: { securitySchemes: object };
    paths: Record<string, { post?: { security?: object; responses: object } }>;
  }>();
  assert.deepEqual(api.components.securitySchemes, {
    sourceKey: { type: 'http', scheme: 'bearer', description: 'A key of a source' },
  });
  for (const path of ['/upload', '/upload/batch']) {
    const { security, responses = {} } = api.paths[path]?.post ?? {};
    assert.deepEqual(security, [{ sourceKey: [] }, {}]);
    for (const status of ['401', '403', '429']) assert.ok(status in responses, `${path} ${status}`);
  }
});
