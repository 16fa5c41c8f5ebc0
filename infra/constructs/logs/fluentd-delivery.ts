import { contentsOf, type FluentdDirective, type FluentdValue } from './fluentd-directives.ts';
import { DOCUMENT_ID, refusedPrefix } from './log-records.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

/** Where the node's state lies: what was read, what is not yet delivered. It outlives the pod. */
export const FLUENTD_STATE_PATH = '/var/lib/headwater/fluentd';

/**
 * Bytes at which a chunk is closed. A chunk is one bulk request, which may be six times as long: each control character
 * is six in JSON. So no request reaches 10 MiB, the least that a managed search cluster takes. The plugins' own limit of
 * a request (`bulk_message_request_threshold`) is left alone: the one for Elasticsearch drops a part that fails. Nor is a
 * chunk compressed: Fluentd would count it as it is then.
 *
 * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#network-limits
 */
const CHUNK_BYTES = 2 ** 20;

/** The file buffers between reading a line and its delivery. */
export interface FluentdBuffer {
  /** Bytes of the disk for all chunks together, at which reading stops until some were delivered. */
  readonly volumeBytes: number;
  readonly flushIntervalSeconds: number;
}

/**
 * Why a document was not taken now, and would be later: the whole chunk is sent again, after a pause that grows. Who was
 * stored the first time is answered 409. The plugins name the list for what it was once. What is on no list, and is
 * not 400, comes back as an event and is sent with the next chunk.
 */
const TRIED_AGAIN = [
  'circuit_breaking_exception',
  'cluster_block_exception',
  'es_rejected_execution_exception',
  'out_of_memory_error',
  'process_cluster_event_timeout_exception',
  'rejected_execution_exception',
  'unavailable_shards_exception',
];

/** Where records go that the pipeline has made: the search cluster, by way of a buffer on the node's disk. */
export function delivery(search: SearchEndpoint, buffer: FluentdBuffer): FluentdDirective {
  return output(search, {
    id: 'search',
    prefix: search.indexPrefix,
    // The second delivery of a document is answered 409, and counted as a duplicate rather than stored again.
    operation: 'create',
    // Not `buffer`: chunks of an earlier configuration may lie there, compressed, which this one would not unpack.
    path: `${FLUENTD_STATE_PATH}/search`,
    // Of the rest, half is for what is refused and half for blocks of the disk that are not full.
    totalBytes: Math.floor((buffer.volumeBytes * 7) / 8),
    flushIntervalSeconds: buffer.flushIntervalSeconds,
  });
}

/**
 * What the search cluster refuses for good, a mapping conflict say: counted, and kept in an index of its own, as text
 * that no mapping refuses. Fluentd's own log has the reason.
 */
export function refusals(search: SearchEndpoint, buffer: FluentdBuffer): FluentdDirective {
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
              // There from the start: the first refusal is an increase.
              initialized: true,
              name: 'headwater_log_records_refused_total',
              type: 'counter',
            },
          },
        ],
      },
      {
        name: 'filter',
        argument: '**',
        parameters: {
          '@id': 'refused_text',
          '@type': 'record_transformer',
          enable_ruby: true,
          keep_keys: DOCUMENT_ID,
          renew_record: true,
        },
        sections: [{ name: 'record', parameters: { message: '${record.to_json}' } }],
      },
      output(search, {
        id: 'refused',
        prefix: refusedPrefix(search),
        // Not every record that comes here has an id.
        operation: 'index',
        path: `${FLUENTD_STATE_PATH}/refused`,
        totalBytes: Math.floor(buffer.volumeBytes / 16),
        flushIntervalSeconds: buffer.flushIntervalSeconds,
      }),
    ],
  };
}

interface Output {
  readonly id: string;
  /** Of the daily indices. */
  readonly prefix: string;
  readonly operation: 'create' | 'index';
  /** Of its buffer. */
  readonly path: string;
  readonly totalBytes: number;
  readonly flushIntervalSeconds: number;
}

function output(
  search: SearchEndpoint,
  { id, prefix, operation, path, totalBytes, flushIntervalSeconds }: Output,
): FluentdDirective {
  return {
    name: 'match',
    argument: '**',
    parameters: {
      ...connection(search),
      '@id': id,
      '@type': search.product,
      // The record keeps it: the plugin finds a refused document's record by it.
      id_key: DOCUMENT_ID,
      logstash_format: true,
      logstash_prefix: prefix,
      unrecoverable_error_types: TRIED_AGAIN,
      write_operation: operation,
    },
    sections: [
      {
        name: 'buffer',
        // A day's chunk is one index's: the plugin for OpenSearch would match the answers of a second one wrongly.
        argument: 'tag,time',
        parameters: {
          '@type': 'file',
          chunk_limit_size: CHUNK_BYTES,
          flush_interval: `${String(flushIntervalSeconds)}s`,
          flush_mode: 'interval',
          flush_thread_count: 2,
          // Full: reading waits, and the kubelet's files hold what was not read until they rotate away.
          overflow_action: 'block',
          path,
          retry_forever: true,
          retry_max_interval: '30s',
          retry_type: 'exponential_backoff',
          retry_wait: '1s',
          timekey: '1d',
          timekey_use_utc: true,
          total_limit_size: totalBytes,
        },
      },
    ],
  };
}

function connection(search: SearchEndpoint): Readonly<Record<string, FluentdValue>> {
  const { product, scheme, host, port, caSecretName } = search;
  return {
    ...(scheme === 'http'
      ? { scheme }
      : {
          scheme,
          ssl_max_version: 'TLSv1_3',
          ssl_min_version: 'TLSv1_2',
          ssl_verify: true,
          ...(caSecretName === undefined ? {} : { ca_file: `${SEARCH_SECRETS.ca}/ca.crt` }),
        }),
    // Neither product is asked for its version as Fluentd starts: lines are read and buffered while it is away.
    ...(product === 'elasticsearch'
      ? { default_elasticsearch_version: 8, log_es_400_reason: true, verify_es_version_at_startup: false }
      : { default_opensearch_version: 2, log_os_400_reason: true, verify_os_version_at_startup: false }),
    host,
    // As they stand: the plugin's `%{…}` encodes them, and so does the client that it calls.
    password: contentsOf(`${SEARCH_SECRETS.credentials}/password`),
    port,
    reconnect_on_error: true,
    reload_connections: false,
    reload_on_failure: false,
    request_timeout: '30s',
    suppress_type_name: true,
    user: contentsOf(`${SEARCH_SECRETS.credentials}/username`),
  };
}
