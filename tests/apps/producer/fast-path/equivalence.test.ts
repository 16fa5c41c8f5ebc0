import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { MemoryAccount } from '../../../../apps/service/memory/memory-account.ts';
import { DeliveryError, type Failure } from '../../../../apps/producer/delivery/record-log.ts';
import { listen, readResponse, startApp, type AppUnderTest } from '../app-under-test.ts';
import { Sender } from '../../../../apps/producer/sources/sender.ts';
import { Sources } from '../../../../apps/producer/sources/sources.ts';
import { RawClient } from '../raw-client.ts';
import { KeyFiles } from '../sources/files.ts';

interface Case {
  readonly lines?: string;
  readonly body?: string;
  /** The whole request, where it is none with a Host and a length. */
  readonly request?: string;
  readonly before?: (app: AppUnderTest) => void;
  /** Limits of the one source that may send, with the key `key`. */
  readonly limits?: Limits;
  /** Answered by Node's server even if it comes in one piece. */
  readonly elsewhere?: true;
}

type Limits = {
  readonly requestsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly burstSeconds: number;
};

const KEY = 'Authorization: Bearer key\r\n';
const RATE = { requestsPerSecond: 10, burstSeconds: 1 };
const TEXT = 'Content-Type: text/plain\r\n';
const JSON_LINE = 'Content-Type: application/json\r\n';
const everyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
const failing =
  (error: Error) =>
  ({ recordLog }: AppUnderTest) =>
    (recordLog.answer = () => Promise.reject(error));
const fails = (failure: Failure) => failing(new DeliveryError(failure, 'der Broker hört “nicht”'));

const cases: Readonly<Record<string, Case>> = {
  text: { lines: TEXT },
  'no content type': {},
  'any bytes': { body: everyByte },
  JSON: { lines: JSON_LINE, body: '{"a":[1,"\u00c3\u00a9"]}' },
  'JSON with parameters, in mixed case': {
    lines: 'content-TYPE:Application/JSON ; x="\u00e9" \r\n',
    body: '1',
  },
  'a content type beyond ASCII': { lines: 'Content-Type: image/png; x="\u00e9\u0085"\r\n' },
  'a key in UTF-8': { lines: 'X-Event-Key: caf\u00c3\u00a9\r\n' },
  'a key of odd bytes': { lines: 'X-Event-Key: \u00a0 a, b\tc \u00ff\u00a0 \t\r\n' },
  'a request id': { lines: 'X-Request-Id: r-1\r\n' },
  'an empty request id': { lines: 'X-Request-Id: \r\n' },
  'a request id with a blank': { lines: 'X-Request-Id: a b\r\n' },
  'a request id beyond ASCII': { lines: 'X-Request-Id: \u00e9\r\n' },
  'a request id that is too long': { lines: `X-Request-Id: ${'x'.repeat(129)}\r\n` },
  'other headers': {
    lines: 'Cookie: a=b\r\nCookie: \u00ff\r\nX:\r\nAccept: */*\r\nKeep-Alive: timeout=1, max=1\r\n',
  },
  'the largest body': { body: 'x'.repeat(1_000) },
  'a head larger than its body': { lines: `${TEXT}X: ${'x'.repeat(8_000)}\r\n`, body: 'x' },
  'Connection: keep-alive': { lines: 'Connection: Keep-Alive\r\n' },
  'a full budget': { before: ({ budget }) => budget.take(5_000), body: 'x' },
  'a full budget and no JSON': { before: ({ budget }) => budget.take(5_000), lines: JSON_LINE, body: '{' },
  ...Object.fromEntries(
    (['not-stored', 'queue-full', 'unknown', 'too-large', 'invalid-record'] as const).map((failure) => [
      `a record that is ${failure}`,
      { before: fails(failure), lines: 'X-Request-Id: r-2\r\n' },
    ]),
  ),
  'an unforeseen error': { before: failing(new Error('a secret')), lines: 'X-Request-Id: r-3\r\n' },
  draining: { before: ({ draining }) => draining.abort() },
  'draining and refused': {
    before: (app) => {
      app.draining.abort();
      fails('not-stored')(app);
    },
  },
  'a key': { limits: RATE, lines: KEY },
  'a key and its source': { limits: RATE, lines: `${KEY}X-Source: web\r\n` },
  'a key and another source': { limits: RATE, lines: `${KEY}X-Source: app\r\n` },
  'no key where one is required': { limits: RATE },
  'a wrong key': { limits: RATE, lines: 'Authorization: Bearer yek\r\n' },
  'a malformed key': { limits: RATE, lines: 'Authorization: Bearer \u00e9\r\n' },
  'a key with blanks around': { limits: RATE, lines: 'Authorization: \tBearer   key \r\n' },
  'above the quota': { limits: { bytesPerSecond: 0.001, burstSeconds: 1 }, lines: KEY },
  'above the quota and a full budget': {
    limits: { bytesPerSecond: 0.001, burstSeconds: 1 },
    before: ({ budget }) => budget.take(5_000),
    lines: KEY,
  },
  'a key and a full budget': { limits: RATE, before: ({ budget }) => budget.take(5_000), lines: KEY },
  'a key and no JSON': { limits: RATE, lines: KEY + JSON_LINE, body: '{', elsewhere: true },
  'a wrong key and no JSON': { limits: RATE, lines: `Authorization: Bearer yek\r\n${JSON_LINE}`, body: '{' },
  'two keys in two headers': { limits: RATE, lines: KEY + KEY, elsewhere: true },
  'two sources': { limits: RATE, lines: `${KEY}X-Source: web\r\nX-Source: web\r\n`, elsewhere: true },
  'not ready, which single events are not refused for': {
    before: ({ recordLog }) => (recordLog.problem = 'no'),
  },
  'no JSON': { lines: JSON_LINE, body: '{"a":', elsewhere: true },
  'JSON with a byte order mark': { lines: JSON_LINE, body: '\u00ef\u00bb\u00bf1', elsewhere: true },
  'a form': { lines: 'Content-Type: application/x-www-form-urlencoded\r\n', body: 'a=1', elsewhere: true },
  'a multipart form': { lines: 'Content-Type: multipart/form-data; boundary=x\r\n', elsewhere: true },
  'no media type': { lines: 'Content-Type: json\r\n', elsewhere: true },
  'an empty content type': { lines: 'Content-Type:\r\n', elsewhere: true },
  'an empty body': { body: '', elsewhere: true },
  'a body that is too large': { body: 'x'.repeat(1_001), elsewhere: true },
  'an empty key': { lines: 'X-Event-Key:\r\n', elsewhere: true },
  'two keys': { lines: 'X-Event-Key: a\r\nX-Event-Key: b\r\n', elsewhere: true },
  'two request ids': { lines: 'X-Request-Id: a\r\nX-Request-Id: b\r\n', elsewhere: true },
  'an encoding': { lines: 'Content-Encoding: gzip\r\n', elsewhere: true },
  'the identity encoding': { lines: 'Content-Encoding: identity\r\n', elsewhere: true },
  'no Host': { request: 'POST /upload HTTP/1.1\r\nContent-Length: 1\r\n\r\nx', elsewhere: true },
  'two Hosts': { lines: 'Host: y\r\n', elsewhere: true },
  'another route': { request: 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', elsewhere: true },
  'a query': { request: 'POST /upload?a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx', elsewhere: true },
  'Connection: close': { lines: 'Connection: close\r\n', elsewhere: true },
  'HTTP/1.0': { request: 'POST /upload HTTP/1.0\r\nHost: x\r\nContent-Length: 1\r\n\r\nx', elsewhere: true },
};

/** What differs between any two requests. */
const masked = (text: string) => text.replace(/[\da-f]{8}-[\da-f-]{27}/g, 'UUID');
const withoutTime = (line: string) =>
  masked(line.replace(/"time":"[^"]*"/, '').replace(/"stack":"[^"]*"/, ''));

/** Everything that can be seen of a request from outside, and of what it left behind. */
async function observe(
  t: TestContext,
  { body = 'abc', lines = '', ...rest }: Case,
  inPieces: boolean,
): Promise<object> {
  const files = await KeyFiles.create(t);
  const { limits } = rest;
  const sources =
    limits &&
    new Sources(
      { web: { who: 'keys', keysFile: await files.put('web', 'key'), limits } },
      { log: { info: () => undefined, error: () => undefined }, now: () => 0 },
    );
  // Leaves a debt.
  const sender = sources?.find('key', undefined);
  if (limits?.bytesPerSecond !== undefined && sender instanceof Sender) sender.spend(1, 1, 1);
  const under = await startApp(t, {
    ...(sources && { sources }),
    budget: new MemoryAccount({ bytes: 5_000, records: 1_000 }),
  });
  const { app, recordLog, budget, registry, logLines } = under;
  await listen(app);
  // That it listens, and where.
  logLines.length = 0;
  let byNode = 0;
  app.server.on('request', () => byNode++);
  const client = await RawClient.open(t, app);
  const request =
    rest.request ??
    `POST /upload HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
  rest.before?.(under);
  await client.send(...(inPieces ? [request.slice(0, 10), request.slice(10)] : [request]));
  const answer = readResponse(await client.answered());
  assert.equal(byNode, inPieces || rest.elsewhere === true ? 1 : 0, 'the way it took');
  const ends = answer.headers.get('connection') === 'close';
  if (ends) await client.closed();
  const metrics = async () =>
    (await registry.metrics()).split('\n').filter((line) => /records_total|seconds_count/.test(line));
  let counted: string[] = [];
  if (answer.statusCode !== 200) {
    // Node says that an answer is finished a moment after it was sent.
    await client.until(() => {
      void metrics().then((now) => (counted = now));
      return counted.some((line) => line.includes('seconds_count{'));
    }, 'the request counted');
  }
  return {
    status: answer.statusCode,
    headers: Array.from(answer.headers, ([name, value]) => [
      name,
      name === 'date' ? value.length : masked(value),
    ]),
    body: masked(answer.body),
    closed: ends,
    records: recordLog.records.map(({ key, value, headers }) => ({
      key: key?.toString('latin1'),
      value: value.toString('latin1'),
      headers: Array.from(headers, ([name, content]) => [String(name), masked(content.toString('latin1'))]),
    })),
    bytes: budget.bytes,
    counted,
    log: logLines.map(withoutTime),
  };
}

for (const [name, one] of Object.entries(cases)) {
  test(`in one piece or in two, the answer is the same: ${name}`, async (t) => {
    assert.deepEqual(await observe(t, one, false), await observe(t, one, true));
  });
}
