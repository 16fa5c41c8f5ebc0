import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import { fluentdConfiguration } from '../../../../infra/constructs/logs/fluentd-configuration.ts';
import { renderDirectives } from '../../../../infra/constructs/logs/fluentd-directives.ts';
import { Fluentd, type FluentdProps } from '../../../../infra/constructs/logs/fluentd.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';
import { unknownParameters } from './syntax/fluentd-parameters.ts';
import { ofType, parseFluentd } from './syntax/fluentd.ts';
import { search } from './search.ts';

const minimal: FluentdProps = {
  namespace: 'headwater-logging',
  image: 'fluentd:1',
  search,
  resources: { cpuMillicores: 100, memory: Size.mebibytes(512) },
  buffer: { volume: Size.gibibytes(1) },
};
const configuration = {
  search,
  namespace: 'headwater-logging',
  buffer: { volumeBytes: 2 ** 30, flushIntervalSeconds: 5 },
};

function parsed(changes: Partial<Parameters<typeof fluentdConfiguration>[0]> = {}) {
  const files = fluentdConfiguration({ ...configuration, ...changes });
  return parseFluentd(files['fluent.conf'] ?? '');
}

/** The output of what was not refused. */
function toSearch() {
  return only(
    ofType(parsed().directives, 'match', 'elasticsearch').filter(
      ({ parameters }) => parameters['logstash_prefix'] === 'pods',
    ),
  );
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
  };
  const objects = synthesize((chart) => new Fluentd(chart, 'Fluentd', props));
  const files = valueAt(find(objects, 'ConfigMap', 'fluentd'), 'data') as Record<string, string>;
  assert.match(files['fluent.conf'] ?? '', /flush_interval 3s/);
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
    });
    const texts = [files['fluent.conf'] ?? '', files['systemd.conf'] ?? ''];
    assert.deepEqual(unknownParameters(texts.flatMap((text) => parseFluentd(text).directives)), []);
  });
}

test('a misspelt parameter is found', () => {
  const text = renderDirectives([
    { name: 'match', argument: '**', parameters: { '@type': 'relabel', overflow: 'block' } },
  ]);
  assert.deepEqual(unknownParameters(parseFluentd(text).directives), ['match relabel: overflow']);
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

test('names a document where its line is read, before it is joined, labelled or refused, and keeps the name in it', () => {
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
  const output = toSearch();
  assert.equal(output.parameters['id_key'], first.parameters['hash_id_key']);
  assert.equal(output.parameters['remove_keys'], undefined);
  assert.equal(output.parameters['write_operation'], 'create');
});

test('joins what the runtime cut, and then the lines of a record, and keeps the stream', () => {
  const [cut, lines] = ofType(parsed().directives, 'filter', 'concat');
  assert.equal(cut?.parameters['use_partial_cri_logtag'], 'true');
  assert.equal(cut.parameters['separator'], '');
  assert.notEqual(cut.parameters['partial_cri_stream_key'], 'stream');
  const [, start = ''] = /^\/(.*)\/$/.exec(lines?.parameters['multiline_start_regexp'] ?? '') ?? [];
  const begins = (line: string): boolean => new RegExp(start).test(line);
  assert.deepEqual(['2026 INFO', 'Exception in thread "main"', 'Causes'].map(begins), [true, true, true]);
  assert.deepEqual(['\tat a.B.c', '  more', '', 'Caused by: a.B'].map(begins), [false, false, false, false]);
});

test('gives up nothing: each buffer is on disk, bounded, and blocks; what may pass is tried again', () => {
  const outputs = ofType(parsed().directives, 'match', 'elasticsearch');
  assert.equal(outputs.length, 2);
  const sizes = outputs.map((output) => {
    const buffer = only(output.sections);
    assert.equal(buffer.parameters['@type'], 'file');
    assert.equal(buffer.parameters['overflow_action'], 'block');
    assert.equal(buffer.parameters['retry_forever'], 'true');
    const tried = JSON.parse(output.parameters['unrecoverable_error_types'] ?? '') as string[];
    assert.ok(tried.includes('es_rejected_execution_exception'));
    return Number(buffer.parameters['total_limit_size']);
  });
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 2 ** 30, 'both together fit the volume');
});

test('a chunk is one request to one index, of a size that every cluster takes', () => {
  for (const output of ofType(parsed().directives, 'match', 'elasticsearch')) {
    const buffer = only(output.sections);
    // Six bytes of JSON for each byte, at most, and 10 MiB for the least of clusters.
    assert.ok(Number(buffer.parameters['chunk_limit_size']) * 6 < 10 * 2 ** 20);
    assert.equal(buffer.parameters['compress'], undefined);
    assert.equal(output.parameters['bulk_message_request_threshold'], undefined);
    assert.deepEqual([buffer.argument, buffer.parameters['timekey']], ['tag,time', '1d']);
    assert.equal(buffer.parameters['timekey_use_utc'], 'true');
  }
});

test('a shipper makes no index template', () => {
  assert.deepEqual(Object.keys(fluentdConfiguration(configuration)), ['fluent.conf', 'disable.conf']);
  assert.equal(toSearch().parameters['template_name'], undefined);
});

test('speaks TLS 1.2 or newer, verifies it, and reads the login from files', () => {
  const { parameters } = toSearch();
  assert.equal(parameters['scheme'], 'https');
  assert.equal(parameters['ssl_verify'], 'true');
  assert.equal(parameters['ssl_min_version'], 'TLSv1_2');
  assert.equal(parameters['ca_file'], '/etc/search/ca/ca.crt');
  assert.match(parameters['password'] ?? '', /File\.read\('\/etc\/search\/credentials\/password'\)/);
});

test('no record is without a way: what is refused for good is counted from the start, and kept as text', () => {
  const [errors] = ofType(parsed().directives, 'label').filter(({ argument }) => argument === '@ERROR');
  assert.deepEqual(
    errors?.sections.map(({ parameters }) => parameters['@type']),
    ['prometheus', 'record_transformer', 'elasticsearch'],
  );
  const [count, , kept] = errors.sections;
  assert.equal(only(count?.sections ?? []).parameters['initialized'], 'true');
  assert.equal(kept?.parameters['logstash_prefix'], 'pods-refused');
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

test('fails where the volume is no room for the chunks of some containers', () => {
  const buffer = { volume: Size.mebibytes(64) };
  assert.throws(
    () => synthesize((chart) => new Fluentd(chart, 'Fluentd', { ...minimal, buffer })),
    /fluentd: buffer\.volume must be at least 256 MiB, got 64 MiB/,
  );
});
