import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import { fluentdConfiguration } from '../../../infra/constructs/fluentd-configuration.ts';
import { renderDirectives } from '../../../infra/constructs/fluentd-directives.ts';
import { Fluentd, type FluentdProps } from '../../../infra/constructs/fluentd.ts';
import type { SearchEndpoint } from '../../../infra/constructs/search-endpoint.ts';
import { find, synthesize, valueAt } from '../manifests.ts';
import { unknownParameters } from './syntax/fluentd-parameters.ts';
import { ofType, parseFluentd } from './syntax/fluentd.ts';

const search: SearchEndpoint = {
  product: 'elasticsearch',
  scheme: 'https',
  host: 'search.example.com',
  port: 9200,
  credentialsSecretName: 'search-credentials-v1',
  caSecretName: 'search-ca-v1',
  indexPrefix: 'pods',
};
const minimal: FluentdProps = {
  namespace: 'headwater-logging',
  image: 'fluentd:1',
  search,
  resources: { cpuMillicores: 100, memory: Size.mebibytes(512) },
  buffer: { chunk: Size.mebibytes(8), chunks: 64, volume: Size.gibibytes(1) },
};
const configuration = {
  search,
  namespace: 'headwater-logging',
  buffer: { chunkLimitBytes: 8_388_608, totalLimitBytes: 536_870_912, flushIntervalSeconds: 5 },
};

function parsed(changes: Partial<Parameters<typeof fluentdConfiguration>[0]> = {}) {
  const files = fluentdConfiguration({ ...configuration, ...changes });
  return parseFluentd(files['fluent.conf'] ?? '');
}

function only<T>(values: readonly T[]): T {
  const [value] = values;
  assert.ok(value !== undefined && values.length === 1, `expected one, found ${values.length}`);
  return value;
}

test('takes every property', () => {
  const props: Required<FluentdProps> = {
    priorityClassName: 'important',
    ...minimal,
    buffer: { ...minimal.buffer, flushInterval: Duration.seconds(3) },
    readsJournald: true,
    multilineStart: /^\d{4}/,
  };
  const objects = synthesize((chart) => new Fluentd(chart, 'Fluentd', props));
  const files = valueAt(find(objects, 'ConfigMap', 'fluentd'), 'data') as Record<string, string>;
  assert.match(files['fluent.conf'] ?? '', /flush_interval 3s/);
  assert.match(files['fluent.conf'] ?? '', /multiline_start_regexp \/\^\\d\{4\}\//);
  assert.equal(
    only(ofType(parseFluentd(files['systemd.conf'] ?? '').directives, 'source')).parameters['tag'],
    'journal',
  );
});

for (const product of ['elasticsearch', 'opensearch'] as const) {
  test(`every parameter for ${product} is one that its plugin reads`, () => {
    const files = fluentdConfiguration({
      ...configuration,
      search: { ...search, product },
      readsJournald: true,
      multilineStart: /^\S/,
    });
    const texts = [files['fluent.conf'] ?? '', files['systemd.conf'] ?? ''];
    assert.deepEqual(unknownParameters(texts.flatMap((text) => parseFluentd(text).directives)), []);
  });
}

test('a misspelt parameter is found', () => {
  const text = renderDirectives([
    { name: 'match', argument: '**', parameters: { '@type': 'stdout', overflow: 'block' } },
  ]);
  assert.deepEqual(unknownParameters(parseFluentd(text).directives), ['match stdout: overflow']);
});

test('reads what the runtime writes, by inode, and never its own lines', () => {
  const source = only(ofType(parsed().directives, 'source', 'tail'));
  assert.equal(source.parameters['follow_inodes'], 'true');
  assert.equal(source.parameters['read_from_head'], 'true');
  assert.deepEqual(JSON.parse(source.parameters['exclude_path'] ?? ''), [
    '/var/log/containers/fluentd-*_headwater-logging_*.log',
  ]);
  assert.equal(only(source.sections).parameters['@type'], 'cri');
});

test('names a document where its line is read, before it is joined, labelled or refused', () => {
  const [lines] = ofType(parsed().directives, 'label').filter(({ argument }) => argument === '@LINES');
  const first = lines?.sections[0];
  assert.equal(first?.parameters['@type'], 'elasticsearch_genid');
  assert.deepEqual(JSON.parse(first.parameters['record_keys'] ?? ''), [
    'time',
    'stream',
    'logtag',
    'message',
  ]);
  assert.equal(first.parameters['include_tag_in_seed'], 'true');
  const output = only(ofType(parsed().directives, 'match', 'elasticsearch'));
  assert.equal(output.parameters['id_key'], first.parameters['hash_id_key']);
  assert.equal(output.parameters['write_operation'], 'create');
});

test('joins what the runtime cut, and keeps the stream', () => {
  const [cut, ...others] = ofType(parsed().directives, 'filter', 'concat');
  assert.equal(cut?.parameters['use_partial_cri_logtag'], 'true');
  assert.equal(cut.parameters['separator'], '');
  assert.notEqual(cut.parameters['partial_cri_stream_key'], 'stream');
  assert.deepEqual(others, []);
  assert.equal(ofType(parsed({ multilineStart: /^\S/ }).directives, 'filter', 'concat').length, 2);
});

test('gives up nothing: the buffer is on disk, bounded, and blocks; a rejection is tried again', () => {
  const output = only(ofType(parsed().directives, 'match', 'elasticsearch'));
  const buffer = only(output.sections).parameters;
  assert.equal(buffer['@type'], 'file');
  assert.equal(buffer['overflow_action'], 'block');
  assert.equal(buffer['retry_forever'], 'true');
  assert.equal(buffer['total_limit_size'], '536870912');
  assert.deepEqual(JSON.parse(output.parameters['unrecoverable_error_types'] ?? ''), ['out_of_memory_error']);
});

test('speaks TLS 1.2 or newer, verifies it, and reads the login from files', () => {
  const { parameters } = only(ofType(parsed().directives, 'match', 'elasticsearch'));
  assert.equal(parameters['scheme'], 'https');
  assert.equal(parameters['ssl_verify'], 'true');
  assert.equal(parameters['ssl_min_version'], 'TLSv1_2');
  assert.equal(parameters['ca_file'], '/etc/search/ca/ca.crt');
  assert.match(parameters['password'] ?? '', /File\.read\('\/etc\/search\/credentials\/password'\)/);
});

test('no record is without a way: what is refused for good is counted and shown', () => {
  const [errors] = ofType(parsed().directives, 'label').filter(({ argument }) => argument === '@ERROR');
  assert.deepEqual(
    errors?.sections.map(({ parameters }) => parameters['@type']),
    ['prometheus', 'stdout'],
  );
  const labels = new Set(ofType(parsed().directives, 'label').map(({ argument }) => argument));
  const named = ofType(parsed().directives, 'filter')
    .map(({ parameters }) => parameters['timeout_label'])
    .filter((label) => label !== undefined);
  for (const label of named) assert.ok(labels.has(label), label);
});

test('the journal is read only when asked for, by the value that the image knows', () => {
  const variable = (readsJournald: boolean) =>
    valueAt(
      find(
        synthesize((chart) => new Fluentd(chart, 'Fluentd', { ...minimal, readsJournald })),
        'DaemonSet',
        'fluentd',
      ),
      ...['spec', 'template', 'spec', 'containers', 0, 'env'],
    ) as { name: string; value: string }[];
  for (const [reads, value] of [
    [false, 'disable'],
    [true, 'systemd'],
  ] as const) {
    assert.equal(variable(reads).find(({ name }) => name === 'FLUENTD_SYSTEMD_CONF')?.value, value);
    const files = fluentdConfiguration({ ...configuration, readsJournald: reads });
    assert.ok(`${value}.conf` in files);
    assert.deepEqual(parseFluentd(files['fluent.conf'] ?? '').includes, [
      `"#{ENV['FLUENTD_SYSTEMD_CONF']}.conf"`,
    ]);
  }
});

test('the index template keeps labels flat, in the words of each product', () => {
  for (const [product, type] of [
    ['elasticsearch', 'flattened'],
    ['opensearch', 'flat_object'],
  ] as const) {
    const files = fluentdConfiguration({ ...configuration, search: { ...search, product } });
    const template: unknown = JSON.parse(files['index-template.json'] ?? '');
    const labels = valueAt(
      template,
      'template',
      'mappings',
      'properties',
      'kubernetes',
      'properties',
      'labels',
      'type',
    );
    assert.equal(labels, type);
    assert.deepEqual(valueAt(template, 'index_patterns'), ['pods-*']);
  }
});

test('fails when the chunks together do not fit the volume', () => {
  const buffer = { chunk: Size.mebibytes(8), chunks: 200, volume: Size.gibibytes(1) };
  assert.throws(
    () => synthesize((chart) => new Fluentd(chart, 'Fluentd', { ...minimal, buffer })),
    /fluentd: buffer\.chunks must be at most buffer\.volume ÷ buffer\.chunk \(1024 MiB ÷ 8 MiB\), got 200/,
  );
});
