import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration } from 'cdk8s';
import {
  indexTemplate,
  LogIndices,
  type LogIndicesProps,
  lifecyclePolicy,
} from '../../../../infra/constructs/logs/log-indices.ts';
import { synthesize, valueAt } from '../../manifests.ts';
import { search } from './search.ts';

const props: Required<LogIndicesProps> = {
  namespace: 'headwater-logging',
  image: 'indices:1',
  search,
  retention: Duration.days(30),
};

function jobOf(changes: Partial<LogIndicesProps> = {}): unknown {
  const objects = synthesize((chart) => new LogIndices(chart, 'Indices', { ...props, ...changes }));
  return objects.find(({ kind }) => kind === 'Job');
}

function variables(job: unknown): Record<string, string> {
  const list = valueAt(job, 'spec', 'template', 'spec', 'containers', 0, 'env') as {
    name: string;
    value: string;
  }[];
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

test('is told where the cluster is, what to bring there, and its login by files alone', () => {
  const told = variables(jobOf());
  assert.equal(told['SEARCH_ENDPOINT'], 'https://search.example.com:9200');
  assert.equal(told['SEARCH_CA_FILE'], '/etc/search/ca/ca.crt');
  assert.equal(told['SEARCH_PASSWORD_FILE'], '/etc/search/credentials/password');
  assert.deepEqual(JSON.parse(told['INDEX_TEMPLATE'] ?? ''), indexTemplate(search));
  assert.deepEqual(JSON.parse(told['LIFECYCLE_POLICY'] ?? ''), lifecyclePolicy(search, Duration.days(30)));
});

test('a changed age is a Job of another name', () => {
  const nameOf = (job: unknown) => String(valueAt(job, 'metadata', 'name'));
  const names = [30, 31].map((days) => nameOf(jobOf({ retention: Duration.days(days) })));
  assert.match(names[0] ?? '', /^log-indices-[0-9a-z]+$/);
  assert.notEqual(names[0], names[1]);
});

test('the index template keeps labels flat, in the words of each product', () => {
  for (const [product, type] of [
    ['elasticsearch', 'flattened'],
    ['opensearch', 'flat_object'],
  ] as const) {
    const template = indexTemplate({ ...search, product });
    const properties = valueAt(template, 'template', 'mappings', 'properties');
    assert.equal(valueAt(properties, 'kubernetes', 'properties', 'labels', 'type'), type);
    assert.deepEqual(valueAt(template, 'index_patterns'), ['pods-*']);
  }
});

test('fails where an index would go while its day is written', () => {
  assert.throws(
    () => jobOf({ retention: Duration.hours(12) }),
    /log-indices: retention must be at least 1 day, got 12 hours/,
  );
});
