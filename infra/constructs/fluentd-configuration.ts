import { contentsOf, renderDirectives } from './fluentd-directives.ts';
import type { FluentdDirective, FluentdValue } from './fluentd-directives.ts';
import { indexTemplate, SEARCH_SECRETS } from './search-endpoint.ts';
import type { SearchEndpoint } from './search-endpoint.ts';

export const FLUENTD_METRICS_PORT = 24231;

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

export interface FluentdConfiguration {
  readonly search: SearchEndpoint;
  readonly buffer: FluentdBuffer;
  /** Namespace of the collector itself: its own lines are not read, or each one would make another. */
  readonly namespace: string;
  /** Read the node's journal too. @default false */
  readonly readsJournald?: boolean;
  /** Start of a record of several lines, such as a stack trace; lines that do not match belong to the one before. @default - a line is a record */
  readonly multilineStart?: RegExp;
}

/** Files of the configuration by name: what the image finds in `/fluentd/etc`. */
export function fluentdConfiguration(configuration: FluentdConfiguration): Readonly<Record<string, string>> {
  const { search, readsJournald = false } = configuration;
  return {
    'fluent.conf': `${renderDirectives(pipeline(configuration))}
@include "#{ENV['FLUENTD_SYSTEMD_CONF']}.conf"
`,
    'index-template.json': indexTemplate(search),
    ...(readsJournald
      ? { 'systemd.conf': renderDirectives([journal()]) }
      : { 'disable.conf': '# FLUENTD_SYSTEMD_CONF=disable: the journal is not read.\n' }),
  };
}

function pipeline(configuration: FluentdConfiguration): readonly FluentdDirective[] {
  const { product } = configuration.search;
  return [
    { name: 'system', parameters: { enable_input_metrics: true, log_level: 'info' } },
    ...metrics(),
    containerLogs(configuration.namespace),
    {
      name: 'label',
      argument: '@LINES',
      sections: [identity(product), ...joined(configuration.multilineStart), relabel('@RECORDS')],
    },
    {
      name: 'label',
      argument: '@RECORDS',
      sections: [
        {
          name: 'filter',
          argument: 'kubernetes.**',
          parameters: { '@id': 'kubernetes_metadata', '@type': 'kubernetes_metadata', skip_master_url: true },
        },
        {
          name: 'filter',
          argument: '**',
          parameters: { '@id': 'cri_fields', '@type': 'record_transformer', remove_keys: 'logtag,time' },
        },
        delivery(configuration),
      ],
    },
    refusals(),
  ];
}

function metrics(): readonly FluentdDirective[] {
  return [
    {
      name: 'source',
      parameters: { '@id': 'metrics', '@type': 'prometheus', bind: '0.0.0.0', port: FLUENTD_METRICS_PORT },
    },
    { name: 'source', parameters: { '@id': 'output_metrics', '@type': 'prometheus_output_monitor' } },
    { name: 'source', parameters: { '@id': 'tail_metrics', '@type': 'prometheus_tail_monitor' } },
  ];
}

function containerLogs(namespace: string): FluentdDirective {
  return {
    name: 'source',
    parameters: {
      '@id': 'container_logs',
      '@label': '@LINES',
      '@type': 'tail',
      exclude_path: [`/var/log/containers/fluentd-*_${namespace}_*.log`],
      // The kubelet rotates by renaming: a file is known by its inode, or the renamed one is read a second time.
      follow_inodes: true,
      path: '/var/log/containers/*.log',
      pos_file: `${FLUENTD_STATE_PATH}/containers.pos`,
      read_from_head: true,
      refresh_interval: 5,
      rotate_wait: 5,
      tag: 'kubernetes.*',
    },
    sections: [{ name: 'parse', parameters: { '@type': 'cri', time_format: '%Y-%m-%dT%H:%M:%S.%N%:z' } }],
  };
}

function journal(): FluentdDirective {
  return {
    name: 'source',
    parameters: {
      '@id': 'journal',
      '@label': '@LINES',
      '@type': 'systemd',
      path: '/var/log/journal',
      read_from_head: true,
      tag: 'journal',
    },
    sections: [
      {
        name: 'storage',
        parameters: { '@type': 'local', path: `${FLUENTD_STATE_PATH}/journal-cursor.json`, persistent: true },
      },
      {
        name: 'entry',
        parameters: {
          field_map:
            '{"MESSAGE": "message", "_SYSTEMD_UNIT": "unit", "__REALTIME_TIMESTAMP": "time", "_HOSTNAME": "host"}',
        },
      },
    ],
  };
}

/**
 * The document's id, from the file and all of the line, and set before anything else: what the search cluster refuses
 * comes back as an event of `@RECORDS`, past this filter, and keeps the id that it had. The line's own time stands in
 * the seed as text, because the plugin's `include_time_in_seed` knows whole seconds only.
 */
function identity(product: SearchEndpoint['product']): FluentdDirective {
  return {
    name: 'filter',
    argument: '**',
    parameters: {
      '@id': 'document_id',
      '@type': `${product}_genid`,
      hash_id_key: '_hash',
      hash_type: 'sha256',
      include_tag_in_seed: true,
      record_keys: ['time', 'stream', 'logtag', 'message'],
      use_record_as_seed: true,
    },
  };
}

/** Lines into records: first what the runtime cut at 16 KiB, then what the application wrote in several lines. */
function joined(multilineStart: RegExp | undefined): readonly FluentdDirective[] {
  const joining = {
    '@type': 'concat',
    flush_interval: 5,
    key: 'message',
    stream_identity_key: 'stream',
    timeout_label: '@RECORDS',
    use_first_timestamp: true,
  } as const;
  return [
    {
      name: 'filter',
      argument: 'kubernetes.**',
      parameters: {
        ...joining,
        '@id': 'cut_lines',
        partial_cri_logtag_key: 'logtag',
        // The plugin deletes the key named here from each record, and ours shall keep its stream.
        partial_cri_stream_key: '_none',
        separator: '',
        use_partial_cri_logtag: true,
      },
    },
    ...(multilineStart === undefined
      ? []
      : [
          {
            name: 'filter',
            argument: 'kubernetes.**',
            parameters: {
              ...joining,
              '@id': 'multiline',
              multiline_start_regexp: `/${multilineStart.source}/`,
            },
          },
        ]),
  ];
}

function relabel(label: string): FluentdDirective {
  return { name: 'match', argument: '**', parameters: { '@label': label, '@type': 'relabel' } };
}

function delivery({ search, buffer }: FluentdConfiguration): FluentdDirective {
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
function refusals(): FluentdDirective {
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
