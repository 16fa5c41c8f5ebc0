import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../apps/consumer/config.ts';
import { bucketName } from '../../../infra/environments/names.ts';

const ACCEPTED = ['abc', 'a-b', 'headwater-production-events', '1.2.3', 'my.bucket', `a${'b'.repeat(61)}c`];
const REFUSED = [
  ...['ab', 'a..b', '192.168.1.1', '-abc', 'abc-', '.abc', 'abc.', 'Abc', 'a_b', `a${'b'.repeat(62)}c`],
  ...['xn--bucket', 'sthree-bucket', 'amzn-s3-demo-bucket', 'bucket-s3alias', 'bucket--ol-s3', 'bucket.mrap'],
  ...['bucket--x-s3', 'bucket--table-s3'],
];

/** What the consumer says of its variables. */
function problem(variables: Readonly<Record<string, string>>): string {
  const kafka = { KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092', KAFKA_TOPIC: 'events', KAFKA_GROUP_ID: 'consumer' };
  try {
    readConfig({ ...kafka, ...variables });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

for (const name of [...ACCEPTED, ...REFUSED]) {
  const isTaken = ACCEPTED.includes(name);
  test(`environment and consumer both ${isTaken ? 'take' : 'refuse'} the bucket "${name}"`, () => {
    assert.equal(bucketName.safeParse(name).success, isTaken);
    assert.equal(problem({ STORE_PATH_STYLE: 'true', STORE_BUCKET: name }) === '', isTaken);
  });
}

test('the consumer takes a bucket with dots as a host name over plain HTTP, and refuses it over TLS', () => {
  const dotted = { STORE_BUCKET: 'my.bucket' };
  assert.equal(problem({ ...dotted, STORE_ENDPOINT: 'http://store.example.com' }), '');
  const refused = /STORE_BUCKET must be without dots where STORE_PATH_STYLE is false/;
  assert.match(problem({ ...dotted, STORE_ENDPOINT: 'https://store.example.com' }), refused);
  assert.match(problem(dotted), refused);
});
