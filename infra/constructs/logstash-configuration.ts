import { KAFKA_CLIENT_FILES } from './kafka-client-files.ts';
import type { KafkaEndpoint } from './kafka-endpoint.ts';
import { renderYaml } from './render-yaml.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

export const LOGSTASH_API_PORT = 9600;
export const LOGSTASH_CONFIG_PATH = '/etc/logstash';
export const LOGSTASH_QUEUE_PATH = '/var/lib/logstash';

/** How a record of a lane is written. */
export type LogCodec =
  | { readonly kind: 'json' }
  | { readonly kind: 'plain' }
  | { readonly kind: 'avro'; readonly schemaRegistry: string };

export interface LogstashConfiguration {
  readonly kafka: KafkaEndpoint;
  readonly search: SearchEndpoint;
  readonly topic: string;
  readonly groupId: string;
  readonly consumerThreads: number;
  readonly codec: LogCodec;
  /** Bytes of the queue on disk. */
  readonly queueBytes: number;
}

/** A value of a Logstash setting. */
type LogstashValue = string | number | boolean | readonly string[];

/** Files of the configuration by name. */
export function logstashConfiguration(
  configuration: LogstashConfiguration,
): Readonly<Record<string, string>> {
  return {
    'logstash.yml': settings(configuration),
    'pipeline.conf': pipeline(configuration),
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

function settings({ queueBytes }: LogstashConfiguration): string {
  return renderYaml({
    'api.http.host': '0.0.0.0',
    'api.http.port': LOGSTASH_API_PORT,
    'path.config': `${LOGSTASH_CONFIG_PATH}/pipeline.conf`,
    'path.data': `${LOGSTASH_QUEUE_PATH}/data`,
    'path.queue': `${LOGSTASH_QUEUE_PATH}/queue`,
    'pipeline.ecs_compatibility': 'disabled',
    // A full queue stops the input, so what Kafka holds stays there.
    'queue.type': 'persisted',
    'queue.max_bytes': `${queueBytes}b`,
    // Every write is on disk before its offset is committed: the Kafka input commits what it has handed over.
    'queue.checkpoint.writes': 1,
    'queue.drain': true,
    'xpack.monitoring.enabled': false,
  });
}

function pipeline(configuration: LogstashConfiguration): string {
  const { codec } = configuration;
  return [
    section(
      'input',
      plugin('kafka', kafkaInput(configuration), codec.kind === 'avro' ? undefined : codec.kind),
    ),
    section('filter', documentId(codec)),
    section('output', searchOutput(configuration.search)),
  ].join('\n');
}

function kafkaInput(configuration: LogstashConfiguration): Readonly<Record<string, LogstashValue>> {
  const { kafka, topic, groupId, consumerThreads, codec } = configuration;
  return {
    auto_offset_reset: 'earliest',
    bootstrap_servers: kafka.bootstrapServers,
    client_id: groupId,
    consumer_threads: consumerThreads,
    decorate_events: 'basic',
    group_id: groupId,
    partition_assignment_strategy: 'cooperative_sticky',
    topics: [topic],
    ...(codec.kind === 'avro' && { schema_registry_url: codec.schemaRegistry }),
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
 * A shipper names the document where it reads the line, so that a line sent twice is one document. Where the codec has no
 * room for that name, the record's place in Kafka is one.
 */
function documentId(codec: LogCodec): readonly string[] {
  const place = '%{[@metadata][kafka][topic]}-%{[@metadata][kafka][partition]}-%{[@metadata][kafka][offset]}';
  const byPlace = plugin('mutate', {}, undefined, [
    `add_field => { "[@metadata][document_id]" => ${quoted(place)} }`,
  ]);
  if (codec.kind === 'plain') return byPlace;
  return [
    'if [document_id] {',
    ...indented(
      plugin('mutate', {}, undefined, ['rename => { "[document_id]" => "[@metadata][document_id]" }']),
    ),
    '} else {',
    ...indented(byPlace),
    '}',
  ];
}

function searchOutput({
  product,
  scheme,
  host,
  port,
  indexPrefix,
  caSecretName,
}: SearchEndpoint): readonly string[] {
  const elasticsearch = product === 'elasticsearch';
  const authorities = `${SEARCH_SECRETS.ca}/ca.crt`;
  const tls: Readonly<Record<string, LogstashValue>> =
    scheme === 'http'
      ? {}
      : elasticsearch
        ? {
            ssl_enabled: true,
            ssl_supported_protocols: ['TLSv1.2', 'TLSv1.3'],
            ssl_verification_mode: 'full',
            ...(caSecretName !== undefined && { ssl_certificate_authorities: [authorities] }),
          }
        : {
            ssl: true,
            ssl_certificate_verification: true,
            tls_certificate_verification: true,
            ...(caSecretName !== undefined && { cacert: authorities }),
          };
  return plugin(product, {
    ...tls,
    action: 'create',
    document_id: '%{[@metadata][document_id]}',
    hosts: [`${scheme}://${host}:${port}`],
    index: `${indexPrefix}-%{+YYYY.MM.dd}`,
    manage_template: true,
    password: '${SEARCH_PASSWORD}',
    // The second delivery of a document, answered 409.
    silence_errors_in_log: ['version_conflict_engine_exception'],
    template: `${LOGSTASH_CONFIG_PATH}/index-template.json`,
    template_name: indexPrefix,
    template_overwrite: true,
    user: '${SEARCH_USERNAME}',
    ...(elasticsearch ? { ilm_enabled: false, template_api: 'composable' } : { legacy_template: false }),
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
  return typeof value === 'string' ? quoted(value) : `[${value.map(quoted).join(', ')}]`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
