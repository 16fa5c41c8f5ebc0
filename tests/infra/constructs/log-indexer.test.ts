import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import { parse } from 'yaml';
import { LogIndexer, type LogIndexerProps } from '../../../infra/constructs/log-indexer.ts';
import { logstashConfiguration } from '../../../infra/constructs/logstash-configuration.ts';
import { find, synthesize, valueAt } from '../manifests.ts';
import { parseLogstash } from './syntax/logstash.ts';

const props: Required<LogIndexerProps> = {
  namespace: 'headwater-logging',
  lane: 'high',
  program: 'logstash',
  image: 'logstash:9',
  kafka: {
    bootstrapServers: 'a:9093',
    caSecret: 'kafka-certificate-v1',
    login: { username: 'logs', passwordSecret: 'kafka-logs-v1' },
  },
  search: {
    product: 'elasticsearch',
    scheme: 'https',
    host: 'search.example.com',
    port: 9200,
    credentialsSecretName: 'search-credentials-v1',
    caSecretName: 'search-ca-v1',
    indexPrefix: 'pods',
  },
  replicas: 2,
  partitions: 6,
  codec: { kind: 'json' },
  queueVolume: Size.gibibytes(10),
  resources: { cpuMillicores: 500, memory: Size.gibibytes(2) },
};

function filesOf(changes: Partial<LogIndexerProps> = {}): Record<string, string> {
  const objects = synthesize((chart) => new LogIndexer(chart, 'Indexer', { ...props, ...changes }));
  return valueAt(find(objects, 'ConfigMap', 'log-indexer-high'), 'data') as Record<string, string>;
}

function pipeline(changes: Partial<LogIndexerProps> = {}) {
  const { input = [], filter = [], output = [] } = parseLogstash(filesOf(changes)['pipeline.conf'] ?? '');
  return { input: input[0]?.settings ?? {}, filter, output: output[0] };
}

test('has a thread for each partition of a replica', () => {
  assert.equal(pipeline().input['consumer_threads'], 3);
  assert.equal(pipeline({ partitions: 6, replicas: 6 }).input['consumer_threads'], 1);
  const inputs = valueAt(
    parse(filesOf({ program: 'filebeat' })['filebeat.yml'] ?? ''),
    'filebeat.inputs',
  ) as {
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
  const settings: unknown = parse(filesOf()['logstash.yml'] ?? '');
  assert.equal(valueAt(settings, 'queue.type'), 'persisted');
  assert.equal(valueAt(settings, 'queue.checkpoint.writes'), 1);
  assert.equal(valueAt(settings, 'queue.drain'), true);
  const bytes = Number.parseInt(String(valueAt(settings, 'queue.max_bytes')), 10);
  assert.ok(bytes < 10 * 2 ** 30, 'the queue fits its volume');
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

test('reads JSON, plain lines, and Avro with its registry', () => {
  assert.equal(pipeline().input['codec'], 'json');
  const plain = pipeline({ codec: { kind: 'plain' } });
  assert.equal(plain.input['codec'], 'plain');
  assert.equal(plain.filter.length, 1);
  const avro = pipeline({ codec: { kind: 'avro', schemaRegistry: 'http://registry:8081' } }).input;
  assert.equal(avro['schema_registry_url'], 'http://registry:8081');
  assert.equal(avro['codec'], undefined);
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
  const files = logstashConfiguration({
    ...props,
    search: { ...props.search, product: 'opensearch' },
    topic: 'logs-high',
    groupId: 'g',
    consumerThreads: 1,
    queueBytes: 1,
  });
  const [output] = parseLogstash(files['pipeline.conf'] ?? '')['output'] ?? [];
  assert.equal(output?.name, 'opensearch');
  assert.equal(output.settings['cacert'], '/etc/search/ca/ca.crt');
  assert.equal(output.settings['ilm_enabled'], undefined);
});

test('Filebeat fails with what it cannot read or reach', () => {
  const codec = { kind: 'plain' } as const;
  const search = { ...props.search, product: 'opensearch' } as const;
  assert.throws(
    () =>
      synthesize(
        (chart) => new LogIndexer(chart, 'Indexer', { ...props, program: 'filebeat', codec, search }),
      ),
    (error: Error) =>
      error.message.includes('codec must be json, got plain') &&
      error.message.includes('search.product must be elasticsearch, got opensearch'),
  );
});
