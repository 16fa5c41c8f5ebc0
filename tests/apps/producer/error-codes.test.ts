import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, type TestContext } from 'node:test';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { DeliveryError, type Failure } from '../../../apps/producer/delivery/record-log.ts';
import { listen, startApp, type AppUnderTest, type AppUnderTestOptions } from './app-under-test.ts';
import { Sender } from '../../../apps/producer/sources/sender.ts';
import type { SourceSettings } from '../../../apps/producer/sources/settings.ts';
import { Sources } from '../../../apps/producer/sources/sources.ts';
import { RawClient } from './raw-client.ts';
import { readResponses } from './responses.ts';
import { lineOf } from './sources/files.ts';

const ROOT = new URL('../../..', import.meta.url);

interface Fixture extends AppUnderTestOptions {
  readonly request: string;
  readonly before?: (under: AppUnderTest) => void;
  /** Whether the client ends its half behind the request. */
  readonly ends?: true;
  readonly then?: (under: AppUnderTest) => void;
}

const UPLOAD = 'POST /upload HTTP/1.1\r\nHost: x\r\n';
const upload = (lines = '', body = 'abc') => `${UPLOAD}${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
const JSON_TYPE = 'Content-Type: application/json\r\n';
const failing = (failure: Failure): Fixture => ({
  request: upload(),
  before: ({ recordLog }) => (recordLog.answer = () => Promise.reject(new DeliveryError(failure, 'why'))),
});

const directory = mkdtempSync(join(tmpdir(), 'headwater-codes-'));
after(() => rmSync(directory, { recursive: true }));
const keysFile = join(directory, 'keys');
writeFileSync(keysFile, lineOf('key'));

/** To a producer that takes one byte of the key `key` of the source `web`. */
const withKey = (lines: string, spent = 0): Fixture => {
  const limits = { bytesPerSecond: 0.001, burstSeconds: 1_000 };
  const settings: SourceSettings = { web: { who: 'keys', keysFile, limits } };
  const sources = new Sources(settings, { log: { info: () => undefined, error: () => undefined } });
  const sender = sources.find('key', undefined);
  if (sender instanceof Sender) sender.spend(0, 0, spent);
  return { request: upload(lines), sources };
};

/** How each documented code comes about. */
const fixtures: Readonly<Record<string, Fixture>> = {
  '400 empty_body': { request: upload('', '') },
  '400 invalid_json': { request: upload(JSON_TYPE, '{') },
  '400 invalid_event_key': { request: upload('X-Event-Key:\r\n') },
  '400 malformed_request': { request: 'no request\r\n\r\n' },
  '400 record_rejected': failing('invalid-record'),
  '400 incomplete_body': { request: `${UPLOAD}Content-Length: 9\r\n\r\nabc`, ends: true },
  '400 malformed_authorization': withKey('Authorization: Bearer\r\n'),
  '401 missing_key': withKey(''),
  '401 invalid_key': withKey('Authorization: Bearer yek\r\n'),
  '403 wrong_source': withKey('Authorization: Bearer key\r\nX-Source: app\r\n'),
  '429 over_quota': withKey('Authorization: Bearer key\r\n', 1),
  '404 not_found': { request: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' },
  '405 method_not_allowed': { request: 'GET /upload HTTP/1.1\r\nHost: x\r\n\r\n' },
  '417 expectation_failed': { request: upload('Expect: tea\r\n') },
  '408 request_timeout': { request: `${UPLOAD}Content-Length: 9\r\n\r\nabc`, requestTimeoutMs: 100 },
  '413 body_too_large': { request: upload('', 'x'.repeat(10)), maxBodyBytes: 9 },
  '413 record_too_large': failing('too-large'),
  '415 unsupported_media_type': { request: upload('Content-Type: multipart/form-data\r\n') },
  '415 unsupported_content_encoding': { request: upload('Content-Encoding: gzip\r\n') },
  '431 headers_too_large': { request: upload(`X: ${'x'.repeat(17_000)}\r\n`) },
  '501 unsupported_transfer_encoding': {
    request: `${UPLOAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  },
  '505 unsupported_http_version': { request: upload().replace('HTTP/1.1', 'HTTP/2.0') },
  '503 broker_unavailable': failing('not-stored'),
  '503 queue_full': { request: upload(), budget: new MemoryAccount({ bytes: 2, records: 1_000 }) },
  '503 shutting_down': {
    request: 'POST /upload HTTP/1.1\r\nHo',
    requestTimeoutMs: 100_000,
    then: ({ app }) => void app.close(),
  },
  '504 unknown_outcome': failing('unknown'),
  '500 internal_error': {
    request: upload(),
    before: ({ recordLog }) => (recordLog.answer = () => Promise.reject(new Error('a defect'))),
  },
};

async function play(t: TestContext, fixture: Fixture) {
  const under = await startApp(t, fixture);
  await listen(under.app);
  fixture.before?.(under);
  const client = await RawClient.open(t, under.app, fixture.ends === true);
  await client.send(fixture.request);
  if (fixture.ends === true) client.socket.end();
  fixture.then?.(under);
  const [response] = readResponses(await client.answered());
  const { error } = JSON.parse(response?.body ?? '') as { error: { code: string } };
  return `${response?.status} ${error.code}`;
}

for (const [name, fixture] of Object.entries(fixtures)) {
  test(`${name} can be seen`, async (t) => {
    assert.equal(await play(t, fixture), name);
  });
}

test('docs/http.md has a row for every code that can be seen, and for no other', async () => {
  const page = await readFile(new URL('docs/http.md', ROOT), 'utf8');
  const documented = page.split('\n').flatMap((line) => {
    const [, statuses = '', codes = ''] = /^\| ([\d, ]+?) *\| (.*?) *\|/.exec(line) ?? [];
    const names = Array.from(codes.matchAll(/`([a-z_]+)`/g), ([, name = '']) => name);
    return names.map((name) => ({ name, statuses: statuses.split(', ') }));
  });
  const seen = Object.keys(fixtures).map((key) => key.split(' '));
  assert.deepEqual(documented.map(({ name }) => name).toSorted(), seen.map(([, name]) => name).toSorted());
  for (const [status = '', name] of seen) {
    assert.ok(documented.find((row) => row.name === name)?.statuses.includes(status), `${status} ${name}`);
  }
});

test('every code of the producer is among those that are seen here', async () => {
  const directory = new URL('apps/producer/http/', ROOT);
  const files = await Promise.all(
    (await readdir(directory, { recursive: true }))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFile(new URL(file, directory), 'utf8')),
  );
  const made = files.flatMap((text) =>
    Array.from(
      text.matchAll(/new Problem\(\s*(\d{3}|statusCode),\s*'([a-z_]+)'/g),
      ([, , code = '']) => code,
    ),
  );
  const seen = new Set(Object.keys(fixtures).map((key) => key.split(' ')[1]));
  assert.ok(made.length > 15);
  assert.deepEqual(
    made.filter((code) => !seen.has(code)),
    [],
  );
});
