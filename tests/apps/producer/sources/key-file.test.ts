import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { digestOf, parseKeys } from '../../../../apps/producer/sources/key-file.ts';
import { lineOf } from './files.ts';

test('the digest is the SHA-256 of the key, as sha256sum prints it', () => {
  const line = lineOf('abc');
  assert.equal(line, 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n');
  assert.equal(digestOf('abc'), createHash('sha256').update('abc').digest('base64'));
  assert.deepEqual([...parseKeys(line)], [digestOf('abc')]);
});

test('a file has one key a line, with comments and empty lines between', () => {
  const content = `# web\n\n${lineOf('a').trimEnd()}  # since today \r\n${lineOf('b')}${lineOf('a')}`;
  assert.deepEqual([...parseKeys(content)], [digestOf('a'), digestOf('b')]);
  assert.deepEqual([...parseKeys('# none\n')], []);
});

const broken: Readonly<Record<string, readonly [content: string, message: RegExp]>> = {
  'an empty file': ['', /^is empty/],
  'only blanks': [' \n', /^is empty/],
  'a key instead of its hash': [`${lineOf('a')}headwater_secret\n`, /^line 2 must be sha256:/],
  'a hash that is cut off': [lineOf('a').slice(0, 40), /^line 1 must be/],
  'capital digits': [lineOf('a').toUpperCase(), /^line 1 must be/],
  'another hash': [lineOf('a').replace('sha256', 'sha512'), /^line 1 must be/],
  'something behind the hash': [lineOf('a').replace('\n', ' web\n'), /^line 1 must be/],
};

for (const [name, [content, message]] of Object.entries(broken)) {
  test(`${name} is an error that does not show it`, () => {
    assert.throws(
      () => parseKeys(content),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /headwater_secret|[\da-f]{20}/i);
        return true;
      },
    );
  });
}
