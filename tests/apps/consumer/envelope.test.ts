import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEncoder } from '../../../apps/consumer/envelope.ts';
import type { KafkaRecord } from '../../../apps/consumer/kafka/records.ts';

function encode(record: Partial<KafkaRecord>): string {
  const line = new LineEncoder().encode({
    offset: 7,
    timestamp: 1000,
    key: null,
    value: null,
    headers: [],
    ...record,
  });
  return line.toString('latin1');
}

const valueLine = (value: string | Buffer): string => encode({ value: Buffer.from(value) });

test('a JSON value stands in its line as it was sent, byte for byte, as the last member', () => {
  const value = '{"b":1.0, "a" : 12345678901234567890, "u":"\\u00e9é"}';
  const expected = `{"offset":7,"timestamp":1000,"headers":[],"value":${value}}\n`;
  assert.equal(valueLine(value), Buffer.from(expected).toString('latin1'));
});

test('whitespace around a JSON value is kept too', () => {
  assert.equal(valueLine(' [1] '), '{"offset":7,"timestamp":1000,"headers":[],"value": [1] }\n');
});

const notVerbatim: readonly (readonly [string, Buffer])[] = [
  ['JSON with a line feed', Buffer.from('{\n}')],
  ['JSON with a carriage return', Buffer.from('{\r}')],
  ['JSON that ends in CRLF', Buffer.from('{}\r\n')],
  ['text that is not JSON', Buffer.from('hello')],
  ['two JSON values', Buffer.from('1 2')],
  ['nothing at all', Buffer.alloc(0)],
  ['JSON after a byte order mark', Buffer.from('\ufeff{}')],
  ['JSON in invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['an overlong encoding', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
  ['bytes', Buffer.from([0, 1, 2, 255])],
];

for (const [what, value] of notVerbatim) {
  test(`a value of ${what} comes back from its Base64`, () => {
    const line = encode({ value });
    assert.equal(line.indexOf('\n'), line.length - 1);
    assert.equal(line.includes('\r'), false);
    const envelope = JSON.parse(line) as Record<string, string>;
    assert.deepEqual(Buffer.from(envelope['valueBase64'] ?? '', 'base64'), value);
    assert.equal('value' in envelope, false);
  });
}

test('a tombstone has neither value, an empty value has one', () => {
  assert.equal(encode({ value: null }), '{"offset":7,"timestamp":1000,"headers":[]}\n');
  assert.match(valueLine(''), /"valueBase64":""/);
});

test('a key is text where it is UTF-8, Base64 where it is not, and absent where there is none', () => {
  assert.match(encode({ key: Buffer.from('a"b\n') }), /"key":"a\\"b\\n","headers"/);
  assert.match(encode({ key: Buffer.from([0xff]) }), /"keyBase64":"\/w==","headers"/);
  assert.match(encode({ key: Buffer.alloc(0) }), /"key":"","headers"/);
  assert.doesNotMatch(encode({ key: null }), /"key/);
});

test('headers keep their order, repeats, absent values and names that are no text', () => {
  const headers = [
    { name: Buffer.from('a'), value: Buffer.from([1]) },
    { name: Buffer.from('a'), value: null },
    { name: Buffer.from('"'), value: Buffer.alloc(0) },
    { name: Buffer.from([0xff]), value: Buffer.from('x') },
  ];
  const line = new LineEncoder().encode({ offset: 0, timestamp: 0, key: null, value: null, headers });
  const { headers: read } = JSON.parse(line.toString()) as { headers: unknown };
  assert.deepEqual(read, [
    ['a', 'AQ=='],
    ['a', null],
    ['"', ''],
    ['\ufffd', 'eA==', '/w=='],
  ]);
});

test('what looks like a value in a key or a header is not taken for one', () => {
  const line = encode({ key: Buffer.from(',"value":1'), value: Buffer.from('2') });
  assert.equal(line.indexOf(',"value":'), line.length - ',"value":2}\n'.length);
});
