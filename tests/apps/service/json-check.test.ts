import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import { isJson } from '../../../apps/service/json-check.ts';

const MANY = 1_000_000;

function parses(text: Buffer): boolean {
  if (!isUtf8(text)) return false;
  try {
    JSON.parse(text.toString('latin1'));
    return true;
  } catch {
    return false;
  }
}

const texts = [
  '{"id":-12.5e+3,"user":{"name":"Ann \\u00e9\\n\\"","on":true,"off":false,"none":null},"list":[1,[],{},"",0]}',
  ' [ 1 , 2.0 , -0 , 1E5 , "Grüße aus Köln, 東京 und 💧" ] ',
  `{"long":"${'abcdefghij'.repeat(12)}","path":"a\\\\b\\/c","x":{"y":{"z":[[[["deep"]]]]}}}`,
  '"\\ud83d\\ude00\\b\\f\\t"',
  '-0.0e-0',
  'true',
  '[[],[[]],{"a":{}},{"b":[{"c":null}]}]',
];

test('says the same as JSON.parse of every text with one byte changed, removed or put in', () => {
  const bytes = Buffer.from('{}[]",:\\/ \t\n\r0123456789-+.eEtfnu');
  const others = [0x00, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
  let [valid, invalid] = [0, 0];
  const compare = (text: Buffer) => {
    const expected = parses(text);
    assert.equal(isJson(text, MANY), expected, JSON.stringify(text.toString('latin1')));
    if (expected) valid += 1;
    else invalid += 1;
  };
  for (const text of texts.map((each) => Buffer.from(each))) {
    compare(text);
    for (let at = 0; at <= text.length; at += 1) {
      const [before, after] = [text.subarray(0, at), text.subarray(at)];
      compare(before);
      compare(Buffer.concat([before, after.subarray(1)]));
      for (const byte of [...bytes, ...others]) {
        compare(Buffer.concat([before, Buffer.from([byte]), after]));
        compare(Buffer.concat([before, Buffer.from([byte]), after.subarray(1)]));
      }
    }
  }
  assert.ok(valid > 10_000 && invalid > 10_000, `${valid} valid and ${invalid} invalid texts`);
});

test('takes every UTF-8 sequence of a string that Node takes, and no other', () => {
  const seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0x22];
  for (let first = 0x80; first <= 0xff; first += 1) {
    for (const second of seconds) {
      for (const rest of [[], [0x80], [0x80, 0x80], [0xbf, 0xc0], [0x80, 0x80, 0x80]]) {
        const text = Buffer.from([0x22, first, second, ...rest, 0x22]);
        assert.equal(isJson(text, MANY), parses(text), text.toString('hex'));
      }
    }
  }
});

test('counts how deep arrays and objects nest', () => {
  const nested = (depth: number) => Buffer.from('[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2));
  assert.equal(isJson(nested(500), 500), true);
  assert.equal(isJson(nested(502), 500), false);
  assert.equal(isJson(nested(100_000), MANY), true);
});

test('leaves what is too large to others, and grows for what is not', () => {
  assert.equal(isJson(Buffer.from(`"${'x'.repeat(1024 * 1024 - 2)}"`), 1), true);
  assert.equal(isJson(Buffer.from(`"${'x'.repeat(1024 * 1024)}"`), 1), undefined);
});
