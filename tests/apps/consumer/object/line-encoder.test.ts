import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEncoder } from '../../../../apps/consumer/object/line-encoder.ts';
import type { KafkaRecord } from '../../../../apps/kafka/records/records.ts';

function encode(record: Partial<KafkaRecord>): string {
  const line = new LineEncoder().encode({
    offset: 7,
    timestamp: 1000n,
    key: null,
    value: null,
    headers: [],
    ...record,
  });
  const bytes = Buffer.concat([...line.pieces]);
  assert.equal(bytes.length, line.length);
  return bytes.toString('latin1');
}

const valueLine = (value: string | Buffer): string => encode({ value: Buffer.from(value) });

test('a JSON value stands in its line as it was sent, byte for byte, as the last member', () => {
  const value = '{"b":1.0, "a" : 12345678901234567890, "u":"\\u00e9é"}';
  const expected = `{"offset":7,"timestamp":1000,"headers":[],"value":${value}}\n`;
  assert.equal(valueLine(value), Buffer.from(expected).toString('latin1'));
});

const verbatim: readonly (readonly [string, string])[] = [
  ['nested 100 deep', '[{"a":'.repeat(50) + '1' + '}]'.repeat(50)],
  ['with a number of 1,000 characters', `[-${'9'.repeat(999)}]`],
  ['with a name of 50,000 bytes', `{"${'n'.repeat(50_000)}":1}`],
  ['of 8 MiB', `"${'x'.repeat(8 * 1024 * 1024 - 2)}"`],
  ['with the escapes of a whole character', '"\\ud83d\\uDE00 \\uD7ff\\ue000 \\\\ud800"'],
  ['that is a tombstone for some: null', 'null'],
];

for (const [what, value] of verbatim) {
  test(`a JSON value ${what} stands in its line as it was sent`, () => {
    const expected = `{"offset":7,"timestamp":1000,"headers":[],"value":${value}}\n`;
    assert.ok(valueLine(value) === expected);
  });
}

test('one line break at the end of a JSON value is kept beside it', () => {
  for (const [lineEnd, escaped] of [
    ['\n', '\\n'],
    ['\r\n', '\\r\\n'],
  ]) {
    assert.equal(
      valueLine(`{"a":1} ${lineEnd}`),
      `{"offset":7,"timestamp":1000,"headers":[],"valueLineEnd":"${escaped}","value":{"a":1} }\n`,
    );
  }
});

test('a timestamp of any 64 bits is printed to its last digit', () => {
  for (const timestamp of [2n ** 63n - 1n, -(2n ** 63n), 1_700_000_000_123_456_789n, -1n]) {
    assert.match(encode({ timestamp }), new RegExp(`^\\{"offset":7,"timestamp":${timestamp},`));
  }
});

test('a key of more than 64 KiB is Base64: escapes would make six times as much of it', () => {
  const bytes = Buffer.alloc(65_537);
  assert.ok(encode({ key: bytes }).includes(`,"keyBase64":"${bytes.toString('base64')}",`));
  assert.match(encode({ key: bytes.subarray(1) }), /,"key":"\\u0000/);
});

test('whitespace around a JSON value is kept too', () => {
  assert.equal(valueLine(' [1] '), '{"offset":7,"timestamp":1000,"headers":[],"value": [1] }\n');
});

const notVerbatim: readonly (readonly [string, Buffer])[] = [
  ['JSON with a line feed', Buffer.from('{\n}')],
  ['JSON with a carriage return', Buffer.from('{\r}')],
  ['JSON that ends in two line breaks', Buffer.from('{}\n\n')],
  ['JSON that ends in a carriage return', Buffer.from('{}\r')],
  ['a line break alone', Buffer.from('\n')],
  ['JSON with the escape of half a character', Buffer.from('{"event":"x\\ud83d"}')],
  ['JSON with the escape of a second half alone', Buffer.from('"\\udc00\\ud800"')],
  ['JSON with such a name of a member', Buffer.from('{"\\uD800":1}')],
  ['JSON with two first halves', Buffer.from('"\\ud83d\\ud83d\\ude00"')],
  ['JSON nested deeper than 100', Buffer.from('['.repeat(101) + ']'.repeat(101))],
  ['JSON with a number of more than 1,000 characters', Buffer.from(`[${'9'.repeat(1001)}]`)],
  ['JSON with a fraction of more than 1,000 characters', Buffer.from(`0.${'9'.repeat(999)}`)],
  ['JSON with a name of more than 50,000 bytes', Buffer.from(`{"${'n'.repeat(50_001)}":1}`)],
  ['JSON of more than 8 MiB', Buffer.from(`"${'x'.repeat(8 * 1024 * 1024)}"`)],
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
  const line = new LineEncoder().encode({ offset: 0, timestamp: 0n, key: null, value: null, headers });
  const { headers: read } = JSON.parse(Buffer.concat([...line.pieces]).toString()) as { headers: unknown };
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
