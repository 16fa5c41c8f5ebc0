import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TESTED_KAFKA } from '../../apps/kafka/config.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = globSync(
  ['README.md', 'ARCHITECTURE.md', 'docs/**/*.md', '{apps,infra,images}/**/*.{ts,md}'],
  {
    cwd: root,
  },
);

test('the versions that are said to be tested are those of the jar sets', () => {
  const versions = ['3.9', '4.4'].map(
    (line) =>
      /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(
        read(`images/kafka/${line}/pom.xml`),
      )?.[1],
  );
  assert.equal(TESTED_KAFKA, `Kafka ${versions.join(' and ')}`);
  assert.match(
    read('docs/kafka.md'),
    new RegExp(`Kafka ${versions[0] ?? ''} with ZooKeeper .* Kafka ${versions[1] ?? ''} without`),
  );
});

test('the versions that the client is said to be tested with are those that its makers name', () => {
  const [, from, to] =
    /from \*\*([\d.]+)\*\* to \*\*([\d.]+)\*\*/.exec(read('node_modules/@platformatic/kafka/README.md')) ??
    [];
  assert.match(
    read('docs/kafka.md').replaceAll('\n', ' '),
    new RegExp(`client library test it with ${from ?? ''} to ${to ?? ''}\\.`),
  );
});

test('README and the decision say the same of what is supported', () => {
  for (const path of ['README.md', 'docs/decisions/0022-one-kafka-layer-with-its-own-group-membership.md']) {
    assert.ok(
      read(path).includes(`Headwater supports the brokers that its tests run: ${TESTED_KAFKA}.`),
      path,
    );
  }
});

test('no other range of Kafka versions is claimed', () => {
  const range = /Kafka \d+(\.\d+)*(\.x)? (to|or later|or newer|and later|and newer)\b/;
  assert.ok(sources.length > 200);
  assert.deepEqual(
    sources.filter((path) => range.test(read(path).replaceAll(/\s+/g, ' '))),
    [],
  );
});
