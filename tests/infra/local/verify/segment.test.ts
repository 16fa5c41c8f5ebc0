import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { CompactSet } from '../../../../infra/local/verify/compact-set.ts';
import { readEnvelope } from '../../../../infra/local/verify/envelope.ts';
import { isServiceKey, parseKey, parseMetadata } from '../../../../infra/local/verify/segment.ts';

const ID = 'k9GwR5LpQK-_QoQTdHRGkw';

describe('a key', () => {
  test('names prefix, topic, topic id, partition, start and extension', () => {
    const key = `a/b/uploads/${ID}/12/00000000000000000345.ndjson.gz`;
    assert.deepEqual(parseKey(key), {
      key,
      prefix: 'a/b',
      topic: 'uploads',
      topicId: ID,
      partition: 12,
      start: 345,
      extension: '.ndjson.gz',
    });
  });

  test('needs no prefix', () => {
    assert.equal(parseKey(`uploads/${ID}/0/00000000000000000000.ndjson`)?.prefix, '');
  });

  test('names the end too where delivery is at-least-once', () => {
    const key = `p/uploads/${ID}/0/00000000000000000003-00000000000000000007-consumer-0.ndjson.zst`;
    const { start, end, extension } = parseKey(key) ?? {};
    assert.deepEqual({ start, end, extension }, { start: 3, end: 7, extension: '.ndjson.zst' });
  });

  for (const key of [
    'p/_layout.json',
    `uploads/${ID}/0/345.ndjson`,
    `uploads/short/0/00000000000000000000.ndjson`,
    `uploads/${ID}/x/00000000000000000000.ndjson`,
    `uploads/${ID}/0/00000000000000000000.parquet`,
    `uploads/${ID}/0/deeper/00000000000000000000.ndjson`,
  ]) {
    test(`of another form is foreign: ${key}`, () => assert.equal(parseKey(key), undefined));
  }
});

test('layouts and releases serve the segments, other objects are foreign', () => {
  assert.ok(['_layout.json', 'p/_layout.json', 'p/_releases/x/0.json'].every(isServiceKey));
  assert.ok(!['p/layout.json', 'p/my_releases/x', 'README'].some(isServiceKey));
});

describe('metadata', () => {
  const whole = {
    end: '7',
    count: '4',
    'first-offset': '3',
    'last-offset': '6',
    'first-timestamp': '1000',
    'last-timestamp': '1003',
    'leader-epoch': '0',
    writer: 'w',
  };

  test('that are whole have no defect', () => {
    assert.deepEqual(parseMetadata({ start: 3 }, whole), {
      end: 7,
      count: 4,
      first: { offset: 3, timestamp: 1000n },
      last: { offset: 6, timestamp: 1003n },
      defects: [],
    });
  });

  for (const name of Object.keys(whole)) {
    test(`without ${name} are defective`, () => {
      const rest = Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));
      assert.deepEqual(parseMetadata({ start: 3 }, rest).defects, [`no ${name}`]);
    });
  }

  for (const [end, defect] of [
    ['7.5', 'end is "7.5"'],
    ['90071992547409930', 'end is "90071992547409930"'],
    ['3', 'end 3 is not above start 3'],
  ] as const) {
    test(`whose end is ${end} have none`, () => {
      const { end: found, defects } = parseMetadata({ start: 3 }, { ...whole, end });
      assert.equal(found, undefined);
      assert.deepEqual(defects, [defect]);
    });
  }

  test('must agree with the end in the key', () => {
    assert.deepEqual(parseMetadata({ start: 3, end: 9 }, whole).defects, ['end 7, but 9 in the key']);
  });
});

describe('an envelope', () => {
  const head = '"offset":7,"timestamp":1000';
  const header = (name: string, value: string): string =>
    JSON.stringify([name, Buffer.from(value).toString('base64')]);

  test('gives back the bytes of its value as they were sent', () => {
    const value = '{ "a" : 1.0,\t"value":"x" }';
    const line = `{${head},"key":",\\"value\\":","headers":[],"value":${value}}`;
    assert.equal(readEnvelope(Buffer.from(line)).sha256, hash('sha256', value));
  });

  test('gives back bytes that are no JSON', () => {
    const bytes = Buffer.from([0xff, 0x0a, 0x00]);
    const line = `{${head},"headers":[],"valueBase64":"${bytes.toString('base64')}"}`;
    assert.equal(readEnvelope(Buffer.from(line)).sha256, hash('sha256', bytes));
  });

  test('names the attempt by request id and line', () => {
    const attempt = (headers: string[]): string | undefined =>
      readEnvelope(Buffer.from(`{${head},"headers":[${headers.join()}],"value":1}`)).attempt;
    assert.equal(attempt([]), undefined);
    assert.equal(attempt([header('content-type', 'text/plain'), header('request-id', 'r1')]), 'r1');
    assert.equal(attempt([header('request-id', 'r1'), header('request-line', '12')]), 'r1#12');
  });

  test('of a tombstone has no hash', () => {
    assert.deepEqual(readEnvelope(Buffer.from(`{${head},"key":"a","headers":[]}`)), {
      offset: 7,
      timestamp: 1000n,
    });
  });

  for (const line of [
    '',
    'null',
    `{${head}}`,
    `{"timestamp":1,"headers":[],"value":1}`,
    `{${head},"headers":[],"value":}`,
  ]) {
    test(`of another form is refused: ${line}`, () => assert.throws(() => readEnvelope(Buffer.from(line))));
  }
});

test('a compact set tells new members from known ones, however often it grew', () => {
  const set = new CompactSet();
  const members = Array.from({ length: 50_000 }, (_, index) => `member-${index}`);
  assert.ok(members.every((member) => set.add(member)));
  assert.ok(members.every((member) => !set.add(member)));
  assert.equal(set.size, members.length);
});
