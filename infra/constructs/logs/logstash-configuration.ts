import { KAFKA_CLIENT_FILES } from '../kafka/kafka-client-files.ts';
import type { KafkaEndpoint } from '../kafka/kafka-endpoint.ts';
import { DOCUMENT_ID, type LogCodec, refusedPrefix } from './log-records.ts';
import { renderYaml } from '../workloads/render-yaml.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

export const LOGSTASH_API_PORT = 9600;
export const LOGSTASH_CONFIG_PATH = '/etc/logstash';
export const LOGSTASH_QUEUE_PATH = '/var/lib/logstash';

export interface LogstashConfiguration {
  readonly kafka: KafkaEndpoint;
  readonly search: SearchEndpoint;
  readonly topic: string;
  readonly groupId: string;
  readonly consumerThreads: number;
  readonly codec: LogCodec;
  /** Disk for its queues: of undelivered and of rejected documents. */
  readonly volumeBytes: number;
}

/** A value of a Logstash setting. */
type LogstashValue = string | number | boolean | readonly string[] | readonly number[];

/** Files of the configuration by name. */
export function logstashConfiguration(
  configuration: LogstashConfiguration,
): Readonly<Record<string, string>> {
  return {
    'logstash.yml': settings(),
    'pipelines.yml': pipelines(configuration),
    'lane.conf': lane(configuration),
    'refused.conf': refused(configuration),
    'log4j2.properties': LOG4J,
  };
}

/** Log lines as JSON on standard output, and no files. */
const LOG4J = `status = error
name = Logstash
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = JSONLayout
appender.console.layout.compact = true
appender.console.layout.eventEol = true
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** The pipeline of the lane, and the pipeline of rejected documents. */
const LANE = 'lane';
const REFUSED = 'refused';
const DEAD_LETTERS = `${LOGSTASH_QUEUE_PATH}/dead-letters`;

/**
 * Events per bulk request of the plugin for Elasticsearch, which has no size limit below 20 MiB. With the longest
 * records of a shipper these are 8 MiB.
 */
const BATCH_EVENTS = 64;

function settings(): string {
  return renderYaml({
    'api.http.host': '0.0.0.0',
    'api.http.port': LOGSTASH_API_PORT,
    'path.data': `${LOGSTASH_QUEUE_PATH}/data`,
    'path.dead_letter_queue': DEAD_LETTERS,
    'path.queue': `${LOGSTASH_QUEUE_PATH}/queue`,
    'pipeline.ecs_compatibility': 'disabled',
    'xpack.monitoring.enabled': false,
  });
}

function pipelines({ volumeBytes }: LogstashConfiguration): string {
  // The rest is for Logstash's other files.
  const bytes = (percent: number): string => `${Math.floor((volumeBytes * percent) / 100)}b`;
  const queue = {
    // A full queue stops the input, and the records stay in Kafka.
    'queue.type': 'persisted',
    // Every write is on disk before its offset is committed: the inputs commit the events that the queue has accepted.
    'queue.checkpoint.writes': 1,
    'queue.drain': true,
  };
  return renderYaml([
    {
      'pipeline.id': LANE,
      'path.config': `${LOGSTASH_CONFIG_PATH}/lane.conf`,
      'pipeline.batch.size': BATCH_EVENTS,
      ...queue,
      'queue.max_bytes': bytes(75),
      'dead_letter_queue.enable': true,
      'dead_letter_queue.max_bytes': bytes(10),
    },
    {
      'pipeline.id': REFUSED,
      'path.config': `${LOGSTASH_CONFIG_PATH}/refused.conf`,
      'pipeline.workers': 1,
      // The rejected request may have been too long for the cluster, so here each request has one event.
      'pipeline.batch.size': 1,
      ...queue,
      'queue.max_bytes': bytes(5),
      'queue.page_capacity': bytes(1),
    },
  ]);
}

function lane(configuration: LogstashConfiguration): string {
  const { codec, search } = configuration;
  return [
    section('input', plugin('kafka', kafkaInput(configuration), codec)),
    section('filter', documentId(codec)),
    section(
      'output',
      searchOutput(search, {
        action: 'create',
        document_id: '%{[@metadata][document_id]}',
        index: `${search.indexPrefix}-%{+YYYY.MM.dd}`,
        // Logstash would retry a request that is too long forever.
        ...(search.product === 'elasticsearch' && { dlq_custom_codes: [413] }),
      }),
    ),
  ].join('\n');
}

/** Sends every event that the search cluster rejects for good as text that no mapping rejects. */
function refused({ search }: LogstashConfiguration): string {
  const toText = [
    'text = event.to_json',
    "reason = event.get('[@metadata][dead_letter_queue][reason]')",
    "event.to_hash.each_key { |key| event.remove(key) unless key == '@timestamp' }",
    "event.set('message', text)",
    "event.set('[error][message]', reason)",
  ].join('; ');
  return [
    section(
      'input',
      plugin('dead_letter_queue', {
        clean_consumed: true,
        commit_offsets: true,
        path: DEAD_LETTERS,
        pipeline_id: LANE,
      }),
    ),
    section('filter', plugin('ruby', { code: toText })),
    section(
      'output',
      searchOutput(search, { action: 'index', index: `${refusedPrefix(search)}-%{+YYYY.MM.dd}` }),
    ),
  ].join('\n');
}

function kafkaInput(configuration: LogstashConfiguration): Readonly<Record<string, LogstashValue>> {
  const { kafka, topic, groupId, consumerThreads } = configuration;
  return {
    auto_offset_reset: 'earliest',
    bootstrap_servers: kafka.bootstrapServers,
    client_id: groupId,
    consumer_threads: consumerThreads,
    decorate_events: 'basic',
    // Otherwise the consumer commits on close the records of its last poll, even those that the queue has not accepted.
    enable_auto_commit: false,
    group_id: groupId,
    partition_assignment_strategy: 'cooperative_sticky',
    topics: [topic],
    security_protocol: `${kafka.login === undefined ? '' : 'SASL_'}${kafka.caSecret === undefined ? 'PLAINTEXT' : 'SSL'}`,
    ...(kafka.caSecret !== undefined && {
      ssl_truststore_location: KAFKA_CLIENT_FILES.ca,
      ssl_truststore_type: 'PEM',
    }),
    ...(kafka.login !== undefined && {
      sasl_jaas_config: `org.apache.kafka.common.security.scram.ScramLoginModule required username='${kafka.login.username}' password='\${KAFKA_PASSWORD}';`,
      sasl_mechanism: 'SCRAM-SHA-512',
    }),
  };
}

/**
 * A shipper sets the document id when it reads the line, so that a line sent twice is one document. A codec without
 * room for the id uses the record's position in Kafka.
 */
function documentId(codec: LogCodec): readonly string[] {
  const place = '%{[@metadata][kafka][topic]}-%{[@metadata][kafka][partition]}-%{[@metadata][kafka][offset]}';
  const byPlace = plugin('mutate', {}, undefined, [
    `add_field => { "[@metadata][document_id]" => ${quoted(place)} }`,
  ]);
  if (codec === 'plain') return byPlace;
  return [
    `if [${DOCUMENT_ID}] {`,
    ...indented(
      plugin('mutate', {}, undefined, [`rename => { "[${DOCUMENT_ID}]" => "[@metadata][document_id]" }`]),
    ),
    '} else {',
    ...indented(byPlace),
    '}',
  ];
}

/** The plugin of the product; most settings have different names. */
function searchOutput(
  { product, scheme, host, port, caSecretName }: SearchEndpoint,
  document: Readonly<Record<string, LogstashValue>>,
): readonly string[] {
  const authorities = `${SEARCH_SECRETS.ca}/ca.crt`;
  // The second delivery of a document gets 409.
  const silenced = ['version_conflict_engine_exception'];
  const shared: Readonly<Record<string, LogstashValue>> = {
    ...document,
    hosts: [`${scheme}://${host}:${port}`],
    // A Job installs template and policy.
    manage_template: false,
    password: '${SEARCH_PASSWORD}',
    user: '${SEARCH_USERNAME}',
  };
  if (product === 'elasticsearch') {
    return plugin(product, {
      ...shared,
      ...(scheme === 'https' && {
        ssl_enabled: true,
        ssl_supported_protocols: ['TLSv1.2', 'TLSv1.3'],
        ssl_verification_mode: 'full',
        ...(caSecretName !== undefined && { ssl_certificate_authorities: [authorities] }),
      }),
      ilm_enabled: false,
      silence_errors_in_log: silenced,
    });
  }
  return plugin(product, {
    ...shared,
    ...(scheme === 'https' && {
      ssl: true,
      ssl_certificate_verification: true,
      ...(caSecretName !== undefined && { cacert: authorities }),
    }),
    failure_type_logging_whitelist: silenced,
  });
}

function section(name: string, lines: readonly string[]): string {
  return `${[`${name} {`, ...indented(lines), '}'].join('\n')}\n`;
}

function plugin(
  name: string,
  values: Readonly<Record<string, LogstashValue>>,
  codec?: string,
  more: readonly string[] = [],
): readonly string[] {
  return [
    `${name} {`,
    ...indented([
      ...Object.entries(values)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key} => ${rendered(value)}`),
      ...(codec === undefined ? [] : [`codec => ${codec}`]),
      ...more,
    ]),
    '}',
  ];
}

function rendered(value: LogstashValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  return `[${value.map((item) => (typeof item === 'number' ? String(item) : quoted(item))).join(', ')}]`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
