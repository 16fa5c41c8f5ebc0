import { contentsOf, type FluentdDirective, type FluentdValue } from './fluentd-directives.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

/** Where the node's state lies: what was read, what is not yet delivered. It outlives the pod. */
export const FLUENTD_STATE_PATH = '/var/lib/headwater/fluentd';

/** The file buffer between reading a line and its delivery. */
export interface FluentdBuffer {
  /** Bytes at which a chunk is closed. */
  readonly chunkLimitBytes: number;
  /** Bytes of all chunks together, at which reading stops until some were delivered. */
  readonly totalLimitBytes: number;
  readonly flushIntervalSeconds: number;
}

/** Where records go that the pipeline has made: the search cluster, by way of a buffer on the node's disk. */
export function delivery(search: SearchEndpoint, buffer: FluentdBuffer): FluentdDirective {
  const { product } = search;
  const transport: Readonly<Record<string, FluentdValue>> =
    search.scheme === 'http'
      ? { scheme: 'http' }
      : {
          scheme: 'https',
          ssl_max_version: 'TLSv1_3',
          ssl_min_version: 'TLSv1_2',
          ssl_verify: true,
          ...(search.caSecretName === undefined ? {} : { ca_file: `${SEARCH_SECRETS.ca}/ca.crt` }),
        };
  // Neither product is asked for its version as Fluentd starts: lines are read and buffered while it is away.
  const version: Readonly<Record<string, FluentdValue>> =
    product === 'elasticsearch'
      ? { default_elasticsearch_version: 8, log_es_400_reason: true, verify_es_version_at_startup: false }
      : { default_opensearch_version: 2, log_os_400_reason: true, verify_os_version_at_startup: false };
  return {
    name: 'match',
    argument: '**',
    parameters: {
      ...transport,
      ...version,
      '@id': 'search',
      '@type': product,
      host: search.host,
      id_key: '_hash',
      logstash_format: true,
      logstash_prefix: search.indexPrefix,
      password: escaped('password'),
      port: search.port,
      reconnect_on_error: true,
      reload_connections: false,
      reload_on_failure: false,
      remove_keys: '_hash',
      request_timeout: '30s',
      suppress_type_name: true,
      template_file: '/fluentd/etc/index-template.json',
      template_name: search.indexPrefix,
      template_overwrite: true,
      // The plugins' default also lists the rejection of a full queue, and would drop the chunk for it.
      unrecoverable_error_types: ['out_of_memory_error'],
      use_legacy_template: false,
      user: escaped('username'),
      // The second delivery of a document is answered 409, and counted as a duplicate rather than stored again.
      write_operation: 'create',
    },
    sections: [
      {
        name: 'buffer',
        parameters: {
          '@type': 'file',
          chunk_limit_size: buffer.chunkLimitBytes,
          compress: 'gzip',
          flush_interval: `${String(buffer.flushIntervalSeconds)}s`,
          flush_mode: 'interval',
          flush_thread_count: 2,
          // Full: reading waits, and the kubelet's files hold what was not read until they rotate away.
          overflow_action: 'block',
          path: `${FLUENTD_STATE_PATH}/buffer`,
          retry_forever: true,
          retry_max_interval: '30s',
          retry_type: 'exponential_backoff',
          retry_wait: '1s',
          total_limit_size: buffer.totalLimitBytes,
        },
      },
    ],
  };
}

/** Percent-encoded by the plugin where it is written `%{…}`: a password may hold any character. */
function escaped(key: 'username' | 'password'): FluentdValue {
  const { ruby } = contentsOf(`${SEARCH_SECRETS.credentials}/${key}`);
  return { ruby: `'%{' + ${ruby} + '}'` };
}

/** What the search cluster refuses for good, a mapping conflict say: counted, and written where `kubectl logs` shows it. */
export function refusals(): FluentdDirective {
  return {
    name: 'label',
    argument: '@ERROR',
    sections: [
      {
        name: 'filter',
        argument: '**',
        parameters: { '@id': 'refused_count', '@type': 'prometheus' },
        sections: [
          {
            name: 'metric',
            parameters: {
              desc: 'Records that the search cluster refused for good',
              name: 'headwater_log_records_refused_total',
              type: 'counter',
            },
          },
        ],
      },
      { name: 'match', argument: '**', parameters: { '@id': 'refused', '@type': 'stdout' } },
    ],
  };
}
