import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../apps/consumer/config.ts';

const required = {
  KAFKA_BOOTSTRAP_SERVERS: 'kafka-bootstrap:9092',
  KAFKA_TOPIC: 'events',
  KAFKA_GROUP_ID: 'events-to-store',
  STORE_BUCKET: 'events',
};

test('only where to read from and where to store to is required', () => {
  const config = readConfig(required);
  assert.deepEqual(config.limits, {
    maxRecords: 10_000,
    maxBytes: 8_388_608,
    maxAgeMs: 30_000,
    maxSpan: 100_000,
  });
  assert.deepEqual(config.layout, { codec: 'gzip', delivery: 'exactly-once', continues: undefined });
  assert.equal(config.maxBufferedBytes, 134_217_728);
  assert.deepEqual(config.listen, { host: '0.0.0.0', port: 8081 });
  assert.equal(config.prefix, 'events');
});

test('every bad variable is named in one message', () => {
  assert.throws(
    () =>
      readConfig({
        STORE_ENDPOINT: 'localhost:9000',
        OBJECT_CODEC: 'lz4',
        FLUSH_MAX_AGE_MS: '0',
        STORE_PREFIX: '/a',
      }),
    (error: Error) => {
      for (const name of [
        ...Object.keys(required),
        'STORE_ENDPOINT must be a URL that begins with http:// or https://, got "localhost:9000"',
        'OBJECT_CODEC must be one of none, gzip, zstd, got "lz4"',
        'FLUSH_MAX_AGE_MS must be a whole number from 10 to 86400000, got "0"',
        'STORE_PREFIX must be',
      ]) {
        assert.ok(error.message.includes(name), `${name} in ${error.message}`);
      }
      return true;
    },
  );
});

for (const [name, value] of [
  ['STORE_PREFIX', 'a//b'],
  ['STORE_PREFIX', 'a/'],
  ['STORE_PREFIX', '_releases'],
  ['STORE_CONTINUES', 'a//b'],
  ['STORE_BUCKET', 'Events'],
  ['MAX_BUFFERED_BYTES', '1000'],
  ['DELIVERY', 'twice'],
] as const) {
  test(`${name}=${value} is refused by name`, () => {
    assert.throws(
      () => readConfig({ ...required, [name]: value }),
      new RegExp(`${name} must be .*"${value}"`),
    );
  });
}

test('limits that contradict each other are refused', () => {
  assert.throws(
    () => readConfig({ ...required, MAX_SPAN: '100', FLUSH_MAX_RECORDS: '101' }),
    /FLUSH_MAX_RECORDS must be at most MAX_SPAN \(100\), got "101"/,
  );
  assert.throws(
    () => readConfig({ ...required, STORE_CONTINUES: 'events' }),
    /another prefix than STORE_PREFIX/,
  );
});
