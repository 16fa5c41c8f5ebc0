import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import { parse } from 'yaml';
import { LogIndexer, type LogIndexerProps } from '../../../../infra/constructs/logs/log-indexer.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';
import { search } from './search.ts';
import { type Fate, fateOf, requestBytes } from './syntax/logstash-responses.ts';
import { unknownSettings } from './syntax/logstash-settings.ts';
import { parseLogstash } from './syntax/logstash.ts';

const logstash = { name: 'logstash', codec: 'json', queueVolume: Size.gibibytes(10) } as const;
const filebeat = { name: 'filebeat' } as const;
const props: Required<LogIndexerProps> = {
  namespace: 'headwater-logging',
  lane: 'high',
  program: logstash,
  image: 'logstash:9',
  kafka: {
    bootstrapServers: 'a:9093',
    caSecret: 'kafka-certificate-v1',
    login: { username: 'logs', passwordSecret: 'kafka-logs-v1' },
  },
  search,
  replicas: 2,
  partitions: 6,
  resources: { cpuMillicores: 500, memory: Size.gibibytes(2) },
};

function filesOf(changes: Partial<LogIndexerProps> = {}): Record<string, string> {
  const objects = synthesize((chart) => new LogIndexer(chart, 'Indexer', { ...props, ...changes }));
  return valueAt(find(objects, 'ConfigMap', 'log-indexer-high'), 'data') as Record<string, string>;
}

function pipeline(changes: Partial<LogIndexerProps> = {}) {
  const { input = [], filter = [], output = [] } = parseLogstash(filesOf(changes)['lane.conf'] ?? '');
  return { input: input[0]?.settings ?? {}, filter, output: output[0] };
}

test('has a thread for each partition of a replica', () => {
  assert.equal(pipeline().input['consumer_threads'], 3);
  assert.equal(pipeline({ partitions: 6, replicas: 6 }).input['consumer_threads'], 1);
  const inputs = valueAt(parse(filesOf({ program: filebeat })['filebeat.yml'] ?? ''), 'filebeat.inputs') as {
    client_id: string;
  }[];
  assert.deepEqual(
    inputs.map(({ client_id }) => client_id),
    ['log-indexer-high-0', 'log-indexer-high-1', 'log-indexer-high-2'],
  );
});

test('fails where the partitions do not divide by the replicas', () => {
  assert.throws(
    () => synthesize((chart) => new LogIndexer(chart, 'Indexer', { ...props, replicas: 4 })),
    /log-indexer-high: replicas must be a divisor of the lane's partitions \(6\), got 4/,
  );
});

test('Logstash has what it took on disk before it commits it, and empties its queue before it ends', () => {
  const pipelines = parse(filesOf()['pipelines.yml'] ?? '') as Record<string, unknown>[];
  const bytes = pipelines.map((settings) => {
    assert.equal(settings['queue.type'], 'persisted');
    assert.equal(settings['queue.checkpoint.writes'], 1);
    assert.equal(settings['queue.drain'], true);
    const parts = [settings['queue.max_bytes'], settings['dead_letter_queue.max_bytes'] ?? '0b'];
    return parts.reduce((sum: number, text) => sum + Number.parseInt(String(text), 10), 0);
  });
  assert.ok((bytes[0] ?? 0) + (bytes[1] ?? 0) < 10 * 2 ** 30, 'all queues fit their volume');
});

test('what the search cluster refuses for good is kept as text: single documents, and a request that is too long', () => {
  const files = filesOf();
  const [lane, refused] = parse(files['pipelines.yml'] ?? '') as Record<string, unknown>[];
  assert.equal(lane?.['dead_letter_queue.enable'], true);
  assert.deepEqual(pipeline().output?.settings['dlq_custom_codes'], [413]);
  const { input: [letters] = [], output: [kept] = [] } = parseLogstash(files['refused.conf'] ?? '');
  assert.equal(letters?.settings['pipeline_id'], lane['pipeline.id']);
  const settings: unknown = parse(files['logstash.yml'] ?? '');
  assert.equal(letters?.settings['path'], valueAt(settings, 'path.dead_letter_queue'));
  assert.equal(kept?.settings['index'], 'pods-refused-%{+YYYY.MM.dd}');
  assert.equal(refused?.['pipeline.batch.size'], 1);
});

for (const product of ['elasticsearch', 'opensearch'] as const) {
  test(`every setting of Logstash for ${product} is one that its plugin reads`, () => {
    const files = filesOf({ search: { ...props.search, product } });
    const sections = ['lane.conf', 'refused.conf'].map((name) => parseLogstash(files[name] ?? ''));
    assert.deepEqual(sections.flatMap(unknownSettings), []);
  });

  test(`what ${product} answers loses no event of Logstash, by what its plugin documents`, () => {
    const files = filesOf({ search: { ...props.search, product } });
    const [lane = {}] = parse(files['pipelines.yml'] ?? '') as Record<string, unknown>[];
    const [output] = parseLogstash(files['lane.conf'] ?? '')['output'] ?? [];
    assert.ok(output);
    const fates = (to: 'request' | 'document', ...statuses: readonly number[]): Record<number, Fate> =>
      Object.fromEntries(statuses.map((status) => [status, fateOf({ to, status }, output, lane)]));
    const again = 'sent again';
    assert.deepEqual(fates('request', 400, 401, 403, 429, 500, 503), {
      400: again,
      401: again,
      403: again,
      429: again,
      500: again,
      503: again,
    });
    // 409: the document is there.
    assert.deepEqual(fates('document', 400, 404, 409, 429, 503), {
      400: 'kept',
      404: 'kept',
      409: 'dropped',
      429: again,
      503: again,
    });
    const tooLong = fateOf({ to: 'request', status: 413 }, output, lane);
    assert.ok(tooLong === 'kept' || requestBytes(output) < 10 * 2 ** 20, `413 is ${tooLong} for ever`);
  });
}

test('Logstash commits what its queue has taken, and nothing that a poll has only returned', () => {
  assert.equal(pipeline().input['enable_auto_commit'], false);
});

test('an index template is made by no indexer', () => {
  const files = filesOf();
  assert.equal(pipeline().output?.settings['manage_template'], false);
  assert.ok(!('index-template.json' in files));
  const filebeatFile: unknown = parse(filesOf({ program: filebeat })['filebeat.yml'] ?? '');
  assert.equal(valueAt(filebeatFile, 'setup.template.enabled'), false);
});

test('a line sent twice is one document', () => {
  const { filter, output } = pipeline();
  assert.equal(output?.settings['action'], 'create');
  assert.equal(output.settings['document_id'], '%{[@metadata][document_id]}');
  assert.deepEqual(
    filter.map(({ conditions }) => conditions),
    [['if[document_id]'], ['else']],
  );
});

test('reads JSON, and plain lines', () => {
  assert.equal(pipeline().input['codec'], 'json');
  const plain = pipeline({ program: { ...logstash, codec: 'plain' } });
  assert.equal(plain.input['codec'], 'plain');
  assert.equal(plain.filter.length, 1);
});

test('speaks TLS to both sides, and its logins come from files', () => {
  const { input, output } = pipeline();
  assert.equal(input['security_protocol'], 'SASL_SSL');
  assert.equal(input['sasl_mechanism'], 'SCRAM-SHA-512');
  assert.ok(JSON.stringify(input['sasl_jaas_config']).includes('${KAFKA_PASSWORD}'));
  assert.deepEqual(output?.settings['ssl_supported_protocols'], ['TLSv1.2', 'TLSv1.3']);
  assert.equal(output.settings['password'], '${SEARCH_PASSWORD}');
});

test('OpenSearch is reached by its own plugin, in its own words', () => {
  const { output } = pipeline({ search: { ...props.search, product: 'opensearch' } });
  assert.equal(output?.name, 'opensearch');
  assert.equal(output.settings['cacert'], '/etc/search/ca/ca.crt');
  assert.equal(output.settings['ilm_enabled'], undefined);
});

test('Filebeat fails with what it cannot reach', () => {
  const search = { ...props.search, product: 'opensearch' } as const;
  assert.throws(
    () => synthesize((chart) => new LogIndexer(chart, 'Indexer', { ...props, program: filebeat, search })),
    /search\.product must be elasticsearch, got opensearch/,
  );
});

test('Logstash fails where its queue has no room for its pages', () => {
  const program = { ...logstash, queueVolume: Size.mebibytes(256) };
  assert.throws(
    () => synthesize((chart) => new LogIndexer(chart, 'Indexer', { ...props, program })),
    /log-indexer-high: queueVolume must be at least 1024 MiB, got 256 MiB/,
  );
});
