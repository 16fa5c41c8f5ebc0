import { contentsOf, type FluentdDirective, type FluentdValue } from './fluentd-directives.ts';
import { DOCUMENT_ID, refusedPrefix } from './log-records.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

/** Directory of the node with read positions and undelivered chunks. Outlives the pod. */
export const FLUENTD_STATE_PATH = '/var/lib/headwater/fluentd';

/**
 * Size at which a chunk is closed. A chunk is one bulk request, which may be six times as long, since JSON writes a
 * control character in six characters. So a request stays below 10 MiB, the lowest limit of managed search clusters.
 * Does not use the plugins' own limit (`bulk_message_request_threshold`): the plugin for Elasticsearch drops a part
 * that fails. Does not compress chunks: Fluentd would apply the limit to the compressed size.
 *
 * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#network-limits
 */
const CHUNK_BYTES = 2 ** 20;

/** File buffers between reading and delivery. */
export interface FluentdBuffer {
  /** Disk for all chunks together; when it is full, reading pauses until chunks are delivered. */
  readonly volumeBytes: number;
  readonly flushIntervalSeconds: number;
}

/**
 * Temporary errors of a document: the whole chunk is sent again with backoff, and documents that were stored the first
 * time get 409. The parameter's name comes from its original use. A document with any other error except 400 returns as
 * an event and is sent with the next chunk.
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

/** Sends the records of the pipeline to the search cluster, through a buffer on the node's disk. */
export function delivery(search: SearchEndpoint, buffer: FluentdBuffer): FluentdDirective {
  return output(search, {
    id: 'search',
    prefix: search.indexPrefix,
    // The second delivery of a document gets 409 and counts as a duplicate.
    operation: 'create',
    // Not `buffer`, where compressed chunks of an earlier configuration may remain, which this one cannot read.
    path: `${FLUENTD_STATE_PATH}/search`,
    // Half of the rest is for rejected documents, the other half for partly filled disk blocks.
    totalBytes: Math.floor((buffer.volumeBytes * 7) / 8),
    flushIntervalSeconds: buffer.flushIntervalSeconds,
  });
}

/**
 * Documents that the search cluster rejects for good, for example for a mapping conflict: counts them, and stores them
 * in their own index as text that no mapping rejects. Fluentd's log has the reason.
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
              // Exists from the start, so that the first rejection is an increase.
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
        // Not every record here has an id.
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
  /** Prefix of the daily indices. */
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
      // The record keeps the id: the plugin uses it to find the record of a rejected document.
      id_key: DOCUMENT_ID,
      logstash_format: true,
      logstash_prefix: prefix,
      unrecoverable_error_types: TRIED_AGAIN,
      write_operation: operation,
    },
    sections: [
      {
        name: 'buffer',
        // One chunk per index: the plugin for OpenSearch assigns the results of a second index to the wrong documents.
        argument: 'tag,time',
        parameters: {
          '@type': 'file',
          chunk_limit_size: CHUNK_BYTES,
          flush_interval: `${String(flushIntervalSeconds)}s`,
          flush_mode: 'interval',
          flush_thread_count: 2,
          // When the buffer is full, reading pauses; the kubelet's files hold unread lines until they rotate.
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
    // Skips the version check at start, so that Fluentd reads and buffers while the search cluster is down.
    ...(product === 'elasticsearch'
      ? { default_elasticsearch_version: 8, log_es_400_reason: true, verify_es_version_at_startup: false }
      : { default_opensearch_version: 2, log_os_400_reason: true, verify_os_version_at_startup: false }),
    host,
    // Not encoded here: the plugin's `%{…}` encodes them, and so does its HTTP client.
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
