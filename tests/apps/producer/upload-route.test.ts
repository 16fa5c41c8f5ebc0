import assert from 'node:assert/strict';
import test from 'node:test';
import { DeliveryError } from '../../../apps/producer/delivery/record-log.ts';
import { startApp } from './app-under-test.ts';
import { post } from './uploads.ts';

test('a body becomes one record, byte for byte, with its content type and request id', async (t) => {
  const { app, recordLog } = await startApp(t);
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const answer = await app.inject(
    post(everyByte, {
      'content-type': 'Image/PNG; x="é"',
      'x-request-id': 'r-1',
      'x-event-key': 'caf\u00c3\u00a9',
    }),
  );
  assert.equal(answer.statusCode, 201);
  assert.deepEqual(answer.json(), { topic: 'events', partition: 0, offset: 0, timestamp: 1_700_000_000_000 });
  assert.equal(answer.headers['x-request-id'], 'r-1');
  const [record] = recordLog.records;
  assert.deepEqual(record?.value, everyByte);
  assert.equal(record.key?.toString(), 'café');
  assert.deepEqual(
    Array.from(record.headers, ([name, value]) => [name.toString(), value.toString('latin1')]),
    [
      ['content-type', 'Image/PNG; x="é"'],
      ['request-id', 'r-1'],
    ],
  );
});

test('without a content type, a key and a request id, the record has a generated request id alone', async (t) => {
  const { app, recordLog } = await startApp(t);
  const answer = await app.inject({ method: 'POST', url: '/upload', payload: Buffer.from('x') });
  assert.equal(answer.statusCode, 201);
  const [record] = recordLog.records;
  assert.equal(record?.key, undefined);
  const id = String(answer.headers['x-request-id']);
  assert.match(id, /^[\da-f-]{36}$/);
  assert.deepEqual(
    Array.from(record?.headers ?? [], ([name, value]) => [name.toString(), value.toString()]),
    [['request-id', id]],
  );
});

test('a request id that is no plain token is replaced', async (t) => {
  const { app } = await startApp(t);
  for (const id of ['', 'a b', 'é', 'x'.repeat(129)]) {
    const answer = await app.inject(post('x', { 'x-request-id': id }));
    assert.equal(answer.statusCode, 201);
    assert.match(String(answer.headers['x-request-id']), /^[\da-f-]{36}$/);
  }
});

test('an offset that the broker no longer knows is null', async (t) => {
  const { app, recordLog } = await startApp(t);
  recordLog.answer = () => Promise.resolve({ partition: 3, offset: null, timestamp: 1 });
  const answer = await app.inject(post('x'));
  assert.deepEqual([answer.statusCode, answer.json<{ offset: null }>().offset], [201, null]);
});

test('duplicate keys, __proto__, NUL and 4-byte characters are stored verbatim; no prototype changes', async (t) => {
  const { app, recordLog } = await startApp(t);
  const bodies = [
    '{"a":1,"a":2}',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}',
    '"\\u0000💧"',
    ' 1 \n',
  ];
  for (const body of bodies) {
    const answer = await app.inject(post(body, { 'content-type': 'application/json' }));
    assert.equal(answer.statusCode, 201, body);
  }
  assert.deepEqual(
    recordLog.records.map(({ value }) => value.toString()),
    bodies,
  );
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('what a client puts into its headers stays within one line of the log', async (t) => {
  const { app, logLines } = await startApp(t);
  const evil = '\u0085{"level":"fatal"}\u2028';
  await app.inject({ ...post('x'), url: `/nowhere-${encodeURIComponent('\r\n{"level":"fatal"}')}` });
  await app.inject(post('x', { 'content-encoding': Buffer.from(evil).toString('latin1') }));
  assert.equal(logLines.length, 2);
  for (const line of logLines) {
    assert.equal(line.trimEnd().split(/[\r\n]/).length, 1);
    assert.equal((JSON.parse(line) as { level: string }).level, 'debug');
  }
});

test('a stored event writes no line, and each outcome is counted', async (t) => {
  const { app, recordLog, registry, logLines } = await startApp(t);
  await app.inject(post('x'));
  assert.deepEqual(logLines, []);
  recordLog.answer = () => Promise.reject(new DeliveryError('unknown', 'no answer'));
  await app.inject(post('x'));
  assert.equal(logLines.length, 1);
  const text = await registry.metrics();
  assert.match(text, /^headwater_producer_records_total\{route="\/upload",code="stored"\} 1$/m);
  assert.match(text, /^headwater_producer_records_total\{route="\/upload",code="unknown_outcome"\} 1$/m);
  assert.match(
    text,
    /^headwater_producer_request_duration_seconds_count\{route="\/upload",status="201"\} 1$/m,
  );
});

test('while draining: not ready, and every answer says Connection: close', async (t) => {
  const { app, draining } = await startApp(t);
  assert.equal((await app.inject('/readyz')).statusCode, 200);
  draining.abort();
  const ready = await app.inject('/readyz');
  assert.deepEqual([ready.statusCode, ready.json()], [503, { status: 'not ready', reason: 'shutting down' }]);
  assert.equal((await app.inject('/livez')).statusCode, 200);
  const answer = await app.inject(post('x'));
  assert.deepEqual([answer.statusCode, answer.headers['connection']], [201, 'close']);
});

test('a request that was under way when the draining began ends its connection too', async (t) => {
  const { app, draining, recordLog } = await startApp(t);
  recordLog.answer = (_record, offset) => {
    draining.abort();
    return Promise.resolve({ partition: 0, offset, timestamp: 0 });
  };
  assert.equal((await app.inject(post('x'))).headers['connection'], 'close');
});
