import assert from 'node:assert/strict';
import test from 'node:test';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { DeliveryError, type Failure } from '../../../apps/producer/delivery/record-log.ts';
import { startApp } from './app-under-test.ts';
import { errorOf as error, post } from './uploads.ts';

test('other methods on /upload: 405 with Allow: POST', async (t) => {
  const { app } = await startApp(t);
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
    const answer = await app.inject({ method, url: '/upload?x=1' });
    assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, 'POST'], method);
    if (method !== 'HEAD') {
      assert.equal(error(answer).code, 'method_not_allowed');
      assert.equal(error(answer).message, `/upload takes POST, got ${method}`);
    }
  }
});

test('an unknown path: 404, whatever its body', async (t) => {
  const { app } = await startApp(t);
  for (const url of ['/', '/uploads', '/upload/', '/upload/x', '/UPLOAD']) {
    const answer = await app.inject({ ...post('{', { 'content-type': 'application/json' }), url });
    const { status, code, message } = error(answer);
    assert.deepEqual([status, code, message], [404, 'not_found', `no such path: ${url}`]);
  }
});

test('an empty body: 400 empty_body, with and without a length', async (t) => {
  const { app, recordLog } = await startApp(t);
  for (const options of [
    post(''),
    post('', { 'content-length': '0' }),
    post('', { 'content-type': 'application/json' }),
  ]) {
    const { status, code, message } = error(await app.inject(options));
    assert.deepEqual(
      [status, code, message],
      [400, 'empty_body', 'the body must have at least 1 byte, got 0'],
    );
  }
  assert.equal(recordLog.records.length, 0);
});

test('exactly the limit: 201; one byte more: 413 body_too_large', async (t) => {
  const { app, recordLog } = await startApp(t, { maxBodyBytes: 1_000 });
  assert.equal((await app.inject(post('x'.repeat(1_000)))).statusCode, 201);
  const { status, code, message } = error(await app.inject(post('x'.repeat(1_001))));
  assert.deepEqual([status, code, message], [413, 'body_too_large', 'the body must have at most 1000 bytes']);
  assert.equal(recordLog.records.length, 1);
});

test('forms: 415 with the command that sends the same body well', async (t) => {
  const { app, recordLog } = await startApp(t);
  for (const [type, name, command] of [
    [
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      /curl --data-binary @FILE -H "Content-Type: application\/octet-stream"/,
    ],
    ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded', /curl --json @FILE/],
    [
      'Application/X-WWW-Form-Urlencoded ;charset=utf-8',
      'application/x-www-form-urlencoded',
      /curl --json @FILE/,
    ],
  ] as const) {
    const { status, code, message, hint } = error(await app.inject(post('a=1', { 'content-type': type })));
    assert.deepEqual([status, code], [415, 'unsupported_media_type']);
    assert.equal(message, `Content-Type must not be a form, got ${name}: the body is stored as it is`);
    assert.match(hint, command);
  }
  assert.equal(recordLog.records.length, 0);
});

test('a Content-Type that is no media type: 415', async (t) => {
  const { app } = await startApp(t);
  for (const type of ['json', '/', 'a/b/c', ';']) {
    const { status, code, message } = error(await app.inject(post('x', { 'content-type': type })));
    assert.deepEqual([status, code], [415, 'unsupported_media_type'], type);
    assert.equal(message, 'Content-Type must be a media type or absent');
  }
});

test('an encoded body: 415, since it would be stored encoded', async (t) => {
  const { app, recordLog } = await startApp(t);
  const answer = await app.inject(post('x', { 'content-encoding': 'gzip' }));
  const { status, code, message } = error(answer);
  assert.deepEqual([status, code], [415, 'unsupported_content_encoding']);
  assert.equal(message, 'Content-Encoding must be identity or absent, got "gzip"');
  assert.equal(answer.headers['accept-encoding'], 'identity');
  assert.equal((await app.inject(post('x', { 'content-encoding': 'Identity' }))).statusCode, 201);
  assert.equal(recordLog.records.length, 1);
});

test('application/json that is not JSON: 400 invalid_json with the position where it is known', async (t) => {
  const { app, recordLog } = await startApp(t, { maxBodyBytes: 100_000 });
  for (const [body, reason] of [
    ['{"a":1,}', /position 7/],
    ['{"a":', /Unexpected end of JSON input/],
    ['\ufeff{}', /a byte order mark at position 0/],
    ['['.repeat(10_000) + ']'.repeat(10_000), /nested deeper than 500 at position 500/],
    ['{"a":NaN}', /Unexpected token 'N'/],
    [Buffer.from([0x22, 0xc3, 0x28, 0x22]), /not UTF-8/],
  ] as const) {
    const answer = await app.inject(post(body, { 'content-type': 'application/json; charset=utf-8' }));
    const { status, code, message } = error(answer);
    assert.deepEqual([status, code], [400, 'invalid_json']);
    assert.match(message, /^the body must be JSON, as its Content-Type says: /);
    assert.match(message, reason);
  }
  assert.equal(recordLog.records.length, 0);
});

test('a key that is empty or sent twice: 400 invalid_event_key', async (t) => {
  const { app, recordLog } = await startApp(t);
  const empty = error(await app.inject(post('x', { 'x-event-key': '' })));
  assert.deepEqual(
    [empty.status, empty.code, empty.message],
    [400, 'invalid_event_key', 'X-Event-Key must be one header of 1 to 1024 bytes, got 0'],
  );
  assert.equal((await app.inject(post('x', { 'x-event-key': 'a, b' }))).statusCode, 201);
  assert.equal(recordLog.records.length, 1);
});

test('what is known of a record that was not acknowledged decides the status', async (t) => {
  const { app, recordLog } = await startApp(t);
  const expected: Record<Failure, [number, string, string | undefined]> = {
    'not-stored': [503, 'broker_unavailable', '1'],
    'queue-full': [503, 'queue_full', '1'],
    unknown: [504, 'unknown_outcome', undefined],
    'too-large': [413, 'record_too_large', undefined],
    'invalid-record': [400, 'record_rejected', undefined],
  };
  for (const [failure, [status, code, retryAfter]] of Object.entries(expected)) {
    recordLog.answer = () =>
      Promise.reject(new DeliveryError(failure as Failure, 'NOT_ENOUGH_REPLICAS: too few'));
    const answer = await app.inject(post('x'));
    const found = error(answer);
    assert.deepEqual([found.status, found.code, answer.headers['retry-after']], [status, code, retryAfter]);
    assert.equal(
      found.message,
      failure === 'queue-full' ? 'the queue is full' : 'NOT_ENOUGH_REPLICAS: too few',
    );
  }
});

test('a 503 has the head and the shape of every other error, is counted, and ends the connection while draining', async (t) => {
  const { app, recordLog, registry, draining } = await startApp(t);
  const refuse = (failure: Failure) => {
    recordLog.answer = () => Promise.reject(new DeliveryError(failure, 'der Broker hört nicht'));
    return app.inject(post('x', { 'x-request-id': 'r-1' }));
  };
  const [refused, unknown] = [await refuse('not-stored'), await refuse('unknown')];
  for (const name of ['x-request-id', 'content-type', 'connection']) {
    assert.equal(refused.headers[name], unknown.headers[name], name);
  }
  assert.deepEqual(Object.keys(refused.json<object>()), Object.keys(unknown.json<object>()));
  assert.equal(error(refused).message, 'der Broker hört nicht');
  assert.equal(refused.headers['content-length'], String(Buffer.byteLength(refused.body)));
  assert.match(await registry.metrics(), /records_total\{route="\/upload",code="broker_unavailable"\} 1\n/);
  draining.abort();
  assert.equal((await refuse('queue-full')).headers.connection, 'close');
});

test('bytes being read count against the queue: 503 at once when it is spent', async (t) => {
  const budget = new MemoryAccount({ bytes: 500, records: 10 });
  const { app } = await startApp(t, { budget });
  assert.equal((await app.inject(post('x'.repeat(500)))).statusCode, 201);
  budget.take(100);
  const { status, code } = error(await app.inject(post('x'.repeat(401))));
  assert.deepEqual([status, code], [503, 'queue_full']);
  assert.equal(budget.bytes, 100);
});

test('an unforeseen error: 500 without its text, which the log has under the request id', async (t) => {
  const { app, recordLog, logLines } = await startApp(t);
  recordLog.answer = () => Promise.reject(new Error('a secret path'));
  const answer = await app.inject(post('x', { 'x-request-id': 'r-9' }));
  const { status, code } = error(answer);
  assert.deepEqual([status, code], [500, 'internal_error']);
  assert.equal(answer.body.includes('secret'), false);
  assert.ok(logLines.some((line) => line.includes('a secret path') && line.includes('r-9')));
});
