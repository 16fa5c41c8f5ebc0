import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { renderYaml } from '../../../../infra/constructs/workloads/render-yaml.ts';
import { ambiguousTexts } from './ambiguous-texts.ts';

const texts = ambiguousTexts(5_000);

for (const version of ['1.1', '1.2'] as const) {
  test(`whatever text is rendered, a reader of YAML ${version} reads the same text`, () => {
    const read: unknown = parse(renderYaml(texts), { version });
    assert.deepEqual(read, texts);
  });

  test(`whatever key is rendered, a reader of YAML ${version} reads the same key`, () => {
    const keys = texts.slice(0, 3_000);
    const options = { version, uniqueKeys: false };
    const read: unknown = parse(renderYaml(Object.fromEntries(keys.map((key) => [key, key]))), options);
    assert.deepEqual(read, Object.fromEntries(keys.map((key) => [key, key])));
  });
}

test('numbers, booleans and null stay what they are, and plain text stays plain', () => {
  const value = {
    port: 8080,
    share: 0.5,
    on: true,
    none: null,
    image: 'kafka:3.9.2',
    cidr: '10.0.0.0/16',
    for: '30s',
  };
  assert.deepEqual(parse(renderYaml(value)), value);
  assert.equal(
    renderYaml(value),
    'port: 8080\nshare: 0.5\n"on": true\nnone: null\nimage: kafka:3.9.2\ncidr: 10.0.0.0/16\nfor: 30s\n',
  );
});

test('several values are as many documents, and a long line stays one', () => {
  const long = 'word '.repeat(100).trimEnd();
  const documents = parseAllDocuments(renderYaml({ long }, { b: 1 }));
  assert.deepEqual(
    documents.map((document) => document.toJSON() as unknown),
    [{ long }, { b: 1 }],
  );
  assert.ok(renderYaml({ long }).includes(long));
});
