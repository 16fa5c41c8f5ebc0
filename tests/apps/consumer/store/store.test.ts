import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { Health } from '../../../../apps/consumer/health.ts';
import { BadSegmentError, segmentMetadata } from '../../../../apps/consumer/object/segment.ts';
import { Bucket } from '../../../../apps/consumer/store/bucket.ts';
import { Store, type StoreOperation } from '../../../../apps/consumer/store/store.ts';
import { createLog } from '../../../../apps/service/log.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { within } from '../../../within.ts';

/** Responds to one request; a test gives a list of them, of which the last one stands for all that follow. */
type Respond = (request: IncomingMessage, response: ServerResponse) => void;

const ok: Respond = (_request, response) => response.writeHead(200, { etag: '"1"' }).end();

function status(code: number, name = '', headers: Record<string, string> = {}): Respond {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/xml', ...headers });
    response.end(
      name === ''
        ? ''
        : `<?xml version="1.0"?><Error><Code>${name}</Code><Message>of ${name}</Message></Error>`,
    );
  };
}

function found(end: number, writer = 'other'): Respond {
  return status(200, '', {
    'x-amz-meta-end': String(end),
    'x-amz-meta-writer': writer,
    'x-amz-meta-leader-epoch': '0',
  });
}

const segment = {
  key: 'events/t/id/0/00000000000000000000.ndjson',
  start: 0,
  body: [Buffer.from('{}'), Buffer.from('\n')],
  metadata: segmentMetadata(
    { start: 0, end: 5, count: 1, first: undefined, last: undefined, gap: undefined, leaderEpoch: 0 },
    'me',
  ),
  contentType: 'application/x-ndjson',
};

interface Fixture {
  readonly store: Store;
  readonly requests: IncomingMessage[];
  readonly bodies: readonly Buffer[];
  readonly retried: string[];
  readonly conflicts: () => number;
  readonly health: Health<StoreOperation>;
  readonly logged: string[];
  readonly signal: AbortSignal;
}

/** A store in front of a server that stands in for S3 stores of other dialects than the one that tests run. */
async function storeFixture(
  t: TestContext,
  responses: readonly Respond[],
  checksums: 'when-supported' | 'when-required' = 'when-supported',
): Promise<Fixture> {
  process.env['AWS_ACCESS_KEY_ID'] = 'key';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  const requests: IncomingMessage[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      bodies.push(body);
      const respond = responses[Math.min(requests.length, responses.length - 1)];
      requests.push(request);
      respond?.(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logged: string[] = [];
  const sink = new Writable({
    write: (line: Buffer, _encoding, done) => {
      logged.push(line.toString());
      done();
    },
  });
  const health = new Health<StoreOperation>('store', createLog('test', 'warn', sink), () =>
    performance.now(),
  );
  const retried: string[] = [];
  let conflicts = 0;
  const bucket = new Bucket({
    bucket: 'events',
    region: 'us-east-1',
    endpoint,
    pathStyle: true,
    ca: undefined,
    checksums,
  });
  const observer = {
    retried: (problem: string) => retried.push(problem),
    conflicted: () => (conflicts += 1),
  };
  const abort = new AbortController();
  t.after(() => {
    abort.abort();
    bucket.close();
    server.close();
    server.closeAllConnections();
  });
  const store = new Store({ bucket, health, observer });
  return {
    store,
    requests,
    bodies,
    retried,
    conflicts: () => conflicts,
    health,
    logged,
    signal: abort.signal,
  };
}

test('the pieces of a segment arrive as one body of known length, with the checksums of all of it', async (t) => {
  const { store, requests, bodies, signal } = await storeFixture(t, [ok]);
  await store.addSegment(
    { ...segment, body: [Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')] },
    signal,
  );
  const whole = Buffer.from('a'.repeat(70_000) + 'b'.repeat(70_000));
  assert.deepEqual(bodies, [whole]);
  const { headers } = requests[0] ?? assert.fail();
  assert.equal(headers['content-length'], '140000');
  assert.equal(headers['x-amz-content-sha256'], createHash('sha256').update(whole).digest('hex'));
  const sum = Buffer.from(String(headers['x-amz-checksum-crc32']), 'base64').readUInt32BE();
  assert.equal(sum, crc32(whole));
});

test('large segments follow each other over one connection, without asking first', async (t) => {
  const { store, requests, signal } = await storeFixture(t, [ok]);
  const body = [Buffer.alloc(3 * 1024 * 1024, 'a')];
  await store.addSegment({ ...segment, body }, signal);
  await store.addSegment({ ...segment, body }, signal);
  assert.deepEqual(
    requests.map(({ headers }) => headers.expect),
    [undefined, undefined],
  );
  assert.equal(requests[1]?.socket, requests[0]?.socket);
});

test('a segment is put once, under the condition that nobody has', async (t) => {
  const { store, requests, signal } = await storeFixture(t, [ok]);
  const { end, writer } = await store.addSegment(segment, signal);
  assert.deepEqual([end, writer], [5, 'me']);
  assert.equal(requests.length, 1);
  const { headers } = requests[0] ?? assert.fail();
  assert.equal(headers['if-none-match'], '*');
  assert.equal(headers['x-amz-meta-end'], '5');
});

for (const refusal of [status(412, 'PreconditionFailed'), status(304)]) {
  test('where somebody has, the stored end is the result, whichever way the store refuses', async (t) => {
    const { store, conflicts, signal } = await storeFixture(t, [refusal, found(3)]);
    const { end, writer } = await store.addSegment(segment, signal);
    assert.deepEqual([end, writer], [3, 'other']);
    assert.equal(conflicts(), 1);
  });
}

test('a stored segment without an end is an error, not a retry', async (t) => {
  const { store, signal } = await storeFixture(t, [status(412, 'PreconditionFailed'), ok]);
  await assert.rejects(store.addSegment(segment, signal), BadSegmentError);
});

for (const [what, responses] of [
  ['409, somebody writes at this moment', [status(409, 'ConditionalRequestConflict'), ok]],
  ['412 and then 404 on the look', [status(412, 'PreconditionFailed'), status(404), ok]],
  ['429', [status(429, 'SlowDown'), ok]],
  ['500', [status(500, 'InternalError'), ok]],
  ['503', [status(503, 'SlowDown'), ok]],
  ['a reset connection', [(request: IncomingMessage) => request.socket.destroy(), ok]],
  ['a response without an ETag', [status(200), ok]],
  ['a response that breaks off', [(request: IncomingMessage) => request.socket.end('HTTP/1.1 200 O'), ok]],
] as const) {
  test(`${what}: tried again, without any other consequence`, async (t) => {
    const { store, retried, health, signal } = await storeFixture(t, responses);
    assert.equal((await store.addSegment(segment, signal)).writer, 'me');
    assert.equal(retried.length, 1);
    assert.equal(health.notReady, undefined);
  });
}

for (const [problem, respond] of [
  ['access-denied', status(403, 'AccessDenied')],
  ['access-denied', status(403, 'SignatureDoesNotMatch')],
  ['missing-bucket', status(404, 'NoSuchBucket')],
  ['wrong-region', status(301, 'PermanentRedirect')],
  ['not-implemented', status(501, 'NotImplemented')],
  ['checksum-refused', status(400, 'XAmzContentChecksumMismatch')],
] as const) {
  test(`${problem} is named with what to do, makes not ready at once, and is asked about slowly`, async (t) => {
    const { store, requests, health, logged, signal } = await storeFixture(t, [respond]);
    const begun = performance.now();
    const adding = store.addSegment(segment, signal).catch(() => undefined);
    await waitUntil(() => health.notReady, { what: 'not ready', deadlineMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 900));
    assert.ok(health.notReady?.startsWith(`store: ${problem}: `), health.notReady);
    assert.match(health.notReady ?? '', /\(.+\)$/);
    const seconds = (performance.now() - begun) / 1_000;
    assert.ok(requests.length <= 1 + Math.ceil(seconds), `${requests.length} requests in ${seconds} s`);
    assert.equal(logged.length, 1);
    void adding;
  });
}

test('a refused condition is named when the store says what it refuses', async (t) => {
  const refusal: Respond = (_request, response) => {
    response.writeHead(501, { 'content-type': 'application/xml' });
    response.end(
      '<Error><Code>NotImplemented</Code><Message>A header you provided: If-None-Match</Message></Error>',
    );
  };
  const { store, health, signal } = await storeFixture(t, [refusal]);
  void store.addSegment(segment, signal).catch(() => undefined);
  await waitUntil(() => health.notReady, { what: 'not ready', deadlineMs: 60_000 });
  assert.match(health.notReady ?? '', /conditional-write-refused.*DELIVERY=at-least-once/);
});

test('checksums are left out where the store needs none', async (t) => {
  const checksumsOf = (request: IncomingMessage | undefined): string[] =>
    Object.keys(request?.headers ?? {}).filter((name) => name.startsWith('x-amz-checksum'));
  const supported = await storeFixture(t, [ok]);
  await supported.store.addSegment(segment, supported.signal);
  assert.equal(checksumsOf(supported.requests[0]).length, 1);
  const required = await storeFixture(t, [ok], 'when-required');
  await required.store.addSegment(segment, required.signal);
  assert.deepEqual(checksumsOf(required.requests[0]), []);
});

test('of many failures a second, one is logged and the others are counted in the next line', async (t) => {
  const { health, logged } = await storeFixture(t, [ok]);
  for (let failure = 0; failure < 50; failure++) health.failed('put', { message: 'away', passes: true });
  assert.equal(logged.length, 1);
  assert.equal(health.notReady, undefined);
});

test('a list goes on over every page', async (t) => {
  const page =
    (keys: readonly string[], next?: string): Respond =>
    (_request, response) => {
      const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
      const more = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`;
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(
        `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${contents}${more}</ListBucketResult>`,
      );
    };
  const { store, requests, signal } = await storeFixture(t, [
    page(['a/1', 'a/2'], 'T'),
    status(500),
    page(['a/3']),
  ]);
  const keys: string[] = [];
  for await (const key of store.list('a/', 'a/0', signal)) keys.push(key);
  assert.deepEqual(keys, ['a/1', 'a/2', 'a/3']);
  assert.match(requests[2]?.url ?? '', /continuation-token=T/);
});

test('an upload that is given up ends at once, even while the store does not respond', async (t) => {
  const { store, signal: whole } = await storeFixture(t, [() => undefined]);
  const given = AbortSignal.timeout(100);
  const adding = store.addSegment(segment, AbortSignal.any([whole, given]));
  await assert.rejects(within(2_000, adding), { name: 'TimeoutError' });
});
