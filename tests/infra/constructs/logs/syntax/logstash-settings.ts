import type { ParsedPlugin } from './logstash.ts';

/**
 * Settings that each plugin declares, read in its source: logstash-integration-kafka 12.1.4, logstash-output-elasticsearch
 * 12.1.6, logstash-output-opensearch 1.3.0, logstash-input-dead_letter_queue 2.0.1, and the filters that Logstash brings.
 * Only those that we might use; Logstash does not start with an unknown one.
 */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  dead_letter_queue: ['clean_consumed', 'commit_offsets', 'path', 'pipeline_id', 'sincedb_path'],
  elasticsearch: [
    'action',
    'dlq_custom_codes',
    'document_id',
    'hosts',
    'ilm_enabled',
    'index',
    'manage_template',
    'password',
    'silence_errors_in_log',
    'ssl_certificate_authorities',
    'ssl_enabled',
    'ssl_supported_protocols',
    'ssl_verification_mode',
    'user',
  ],
  kafka: [
    'auto_offset_reset',
    'bootstrap_servers',
    'client_id',
    'codec',
    'consumer_threads',
    'decorate_events',
    'enable_auto_commit',
    'group_id',
    'partition_assignment_strategy',
    'sasl_jaas_config',
    'sasl_mechanism',
    'security_protocol',
    'ssl_truststore_location',
    'ssl_truststore_type',
    'topics',
  ],
  mutate: ['add_field', 'rename'],
  opensearch: [
    'action',
    'cacert',
    'document_id',
    'failure_type_logging_whitelist',
    'hosts',
    'index',
    'manage_template',
    'password',
    'ssl',
    'ssl_certificate_verification',
    'target_bulk_bytes',
    'user',
  ],
  ruby: ['code'],
};

/** Settings for which Logstash would not start. */
export function unknownSettings(sections: Readonly<Record<string, readonly ParsedPlugin[]>>): string[] {
  return Object.values(sections)
    .flat()
    .flatMap(({ name, settings }) =>
      Object.keys(settings)
        .filter((key) => !(KNOWN[name] ?? []).includes(key))
        .map((key) => `${name}: ${key}`),
    );
}
