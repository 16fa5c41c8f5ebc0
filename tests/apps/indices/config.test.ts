import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../../../apps/indices/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-indices-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const environment = {
  SEARCH_PRODUCT: 'opensearch',
  SEARCH_ENDPOINT: 'https://search.example.com:9200',
  SEARCH_USERNAME_FILE: write('username', 'shipper\n'),
  SEARCH_PASSWORD_FILE: write('password', 'with spaces \n'),
  INDEX_PREFIX: 'pods',
  INDEX_TEMPLATE: '{"index_patterns":["pods-*"]}',
  LIFECYCLE_POLICY: '{"states":[]}',
};

test('a login is its files, without the line break at the end', () => {
  const { search, template } = readConfig(environment);
  assert.deepEqual([search.username, search.password], ['shipper', 'with spaces ']);
  assert.equal(search.endpoint.port, '9200');
  assert.deepEqual(template, { index_patterns: ['pods-*'] });
});

test('everything that is wrong is named at once', () => {
  const bad = {
    ...environment,
    SEARCH_PRODUCT: 'solr',
    SEARCH_ENDPOINT: 'https://search.example.com/es',
    SEARCH_PASSWORD_FILE: join(directory, 'missing'),
    INDEX_PREFIX: 'Pods',
    INDEX_TEMPLATE: '[]',
    LIFECYCLE_POLICY: '',
  };
  assert.throws(
    () => readConfig(bad),
    ({ message }: Error) => {
      for (const expected of [
        'SEARCH_PRODUCT must be one of elasticsearch, opensearch, got "solr"',
        'SEARCH_ENDPOINT must be an http or https URL without login and path, got "https://search.example.com/es"',
        'SEARCH_PASSWORD_FILE must be the path of a readable file (ENOENT)',
        'INDEX_PREFIX must be a lower-case prefix of a-z, 0-9 and -, got "Pods"',
        'INDEX_TEMPLATE must be a JSON object, got "[]"',
        'LIFECYCLE_POLICY is required: a JSON object',
      ]) {
        assert.ok(message.includes(expected), `${expected} is not in\n${message}`);
      }
      return true;
    },
  );
});

test('an endpoint that is no URL is refused, not replaced', () => {
  assert.throws(
    () => readConfig({ ...environment, SEARCH_ENDPOINT: 'https://search.example.com:99999' }),
    /SEARCH_ENDPOINT must be an http or https URL without login and path, got "https:\/\/search.example.com:99999"/,
  );
});
