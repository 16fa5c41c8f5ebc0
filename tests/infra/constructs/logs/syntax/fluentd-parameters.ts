import type { ParsedDirective } from './fluentd.ts';

/**
 * Parameters that each plugin declares, read in its source: Fluentd v1.19.3, fluent-plugin-elasticsearch 5.4.4,
 * fluent-plugin-opensearch 1.1.6, concat 2.6.2, parser-cri 0.1.1, kubernetes_metadata_filter 3.8.0, prometheus 2.2.2,
 * systemd 1.1.1. Only those that we might use; Fluentd itself warns of an unknown one, and goes on without it.
 */
const SEARCH = [
  'ca_file',
  'host',
  'id_key',
  'logstash_format',
  'logstash_prefix',
  'password',
  'port',
  'reconnect_on_error',
  'reload_connections',
  'reload_on_failure',
  'request_timeout',
  'scheme',
  'ssl_max_version',
  'ssl_min_version',
  'ssl_verify',
  'suppress_type_name',
  'unrecoverable_error_types',
  'user',
  'write_operation',
];
const GENID = ['hash_id_key', 'hash_type', 'include_tag_in_seed', 'record_keys', 'use_record_as_seed'];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'source tail': [
    'exclude_path',
    'follow_inodes',
    'path',
    'pos_file',
    'read_from_head',
    'refresh_interval',
    'rotate_wait',
    'tag',
  ],
  'source prometheus': ['bind', 'port'],
  'source prometheus_output_monitor': [],
  'source prometheus_tail_monitor': [],
  'source systemd': ['path', 'read_from_head', 'tag'],
  'parse cri': ['time_format'],
  'storage local': ['path', 'persistent'],
  'filter elasticsearch_genid': GENID,
  'filter opensearch_genid': GENID,
  'filter concat': [
    'flush_interval',
    'key',
    'multiline_start_regexp',
    'partial_cri_logtag_key',
    'partial_cri_stream_key',
    'separator',
    'stream_identity_key',
    'timeout_label',
    'use_first_timestamp',
    'use_partial_cri_logtag',
  ],
  'filter kubernetes_metadata': ['skip_master_url'],
  'filter record_transformer': ['enable_ruby', 'keep_keys', 'remove_keys', 'renew_record'],
  'filter prometheus': [],
  'match relabel': [],
  'match elasticsearch': [
    ...SEARCH,
    'default_elasticsearch_version',
    'log_es_400_reason',
    'verify_es_version_at_startup',
  ],
  'match opensearch': [
    ...SEARCH,
    'default_opensearch_version',
    'log_os_400_reason',
    'verify_os_version_at_startup',
  ],
  'buffer file': [
    'chunk_limit_size',
    'flush_interval',
    'flush_mode',
    'flush_thread_count',
    'overflow_action',
    'path',
    'retry_forever',
    'retry_max_interval',
    'retry_type',
    'retry_wait',
    'timekey',
    'timekey_use_utc',
    'total_limit_size',
  ],
};

/** Parameters that no plugin would read, at any depth. */
export function unknownParameters(directives: readonly ParsedDirective[]): string[] {
  return directives.flatMap(({ name, parameters, sections }) => {
    const type = parameters['@type'];
    const known = type === undefined ? undefined : KNOWN[`${name} ${type}`];
    const own = Object.keys(parameters).filter((key) => !key.startsWith('@'));
    const unknown =
      type === undefined
        ? []
        : known === undefined
          ? [`${name} ${type}`]
          : own.filter((key) => !known.includes(key)).map((key) => `${name} ${type}: ${key}`);
    return [...unknown, ...unknownParameters(sections)];
  });
}
