import { delivery, FLUENTD_STATE_PATH, type FluentdBuffer, refusals } from './fluentd-delivery.ts';
import { type FluentdDirective, renderDirectives } from './fluentd-directives.ts';
import { CONTINUATION, DOCUMENT_ID, MAX_RECORD_BYTES } from './log-records.ts';
import type { SearchEndpoint } from './search-endpoint.ts';

export const FLUENTD_METRICS_PORT = 24231;

export interface FluentdConfiguration {
  readonly search: SearchEndpoint;
  readonly buffer: FluentdBuffer;
  /** Namespace of the collector: its own lines are not read, since each would cause another one. */
  readonly namespace: string;
  /** Reads the node's journal as well. @default false */
  readonly readsJournald?: boolean;
}

/** Configuration files by name, for the image's `/fluentd/etc`. */
export function fluentdConfiguration(configuration: FluentdConfiguration): Readonly<Record<string, string>> {
  const { readsJournald = false } = configuration;
  return {
    'fluent.conf': `${renderDirectives(pipeline(configuration))}
@include "#{ENV['FLUENTD_SYSTEMD_CONF']}.conf"
`,
    ...(readsJournald
      ? { 'systemd.conf': renderDirectives([journal()]) }
      : { 'disable.conf': '# FLUENTD_SYSTEMD_CONF=disable: the journal is not read.\n' }),
  };
}

function pipeline(configuration: FluentdConfiguration): readonly FluentdDirective[] {
  const { search, buffer } = configuration;
  return [
    { name: 'system', parameters: { enable_input_metrics: true, log_level: 'info' } },
    ...metrics(),
    containerLogs(configuration.namespace),
    {
      name: 'label',
      argument: '@LINES',
      sections: [
        ...journalTime(configuration.readsJournald),
        identity(search.product),
        ...joined(),
        relabel('@RECORDS'),
      ],
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
        text(),
        delivery(search, buffer),
      ],
    },
    refusals(search, buffer),
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
      // The kubelet rotates by renaming: identify a file by its inode, or Fluentd reads the renamed file again.
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
        parameters: { field_map: '{"MESSAGE": "message", "_SYSTEMD_UNIT": "unit", "_HOSTNAME": "host"}' },
      },
    ],
  };
}

/** Adds the time as text to a line of the journal; lines of files have it from the container runtime. */
function journalTime(readsJournald = false): readonly FluentdDirective[] {
  if (!readsJournald) return [];
  return [
    {
      name: 'filter',
      argument: 'journal',
      parameters: { '@id': 'journal_time', '@type': 'record_transformer', enable_ruby: true },
      sections: [{ name: 'record', parameters: { time: "${time.strftime('%s.%N')}" } }],
    },
  ];
}

/**
 * Sets the document id from the file and the whole line, before any other filter: a document that the search cluster
 * rejects returns as an event of `@RECORDS`, after this filter, and keeps its id. The seed contains the line's own time
 * as text, because the plugin's `include_time_in_seed` only uses whole seconds.
 */
function identity(product: SearchEndpoint['product']): FluentdDirective {
  return {
    name: 'filter',
    argument: '**',
    parameters: {
      '@id': 'document_id',
      '@type': `${product}_genid`,
      hash_id_key: DOCUMENT_ID,
      hash_type: 'sha256',
      include_tag_in_seed: true,
      record_keys: ['time', 'stream', 'logtag', 'message'],
      use_record_as_seed: true,
    },
  };
}

/**
 * Joins lines to records: first the parts that the runtime cut at 16 KiB, then multi-line messages of the application.
 * Holds the last record of a stream in memory until the next one begins or its timeout passes.
 */
function joined(): readonly FluentdDirective[] {
  const joining = {
    '@log_level': 'warn',
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
        // The plugin deletes the key named here from each record; records must keep their stream.
        partial_cri_stream_key: '_none',
        separator: '',
        use_partial_cri_logtag: true,
      },
    },
    {
      name: 'filter',
      argument: 'kubernetes.**',
      parameters: { ...joining, '@id': 'multiline', multiline_start_regexp: `/^(?!${CONTINUATION})/` },
    },
  ];
}

/** Longer than the suffix of a cut text: a text that was cut once is not cut again. */
const CUT_NOTE_BYTES = 64;

/**
 * Converts the bytes of a record to valid UTF-8, which the search cluster requires, and cuts a long text. Runs after
 * the joining, since the runtime also cuts within characters.
 */
function text(): FluentdDirective {
  const utf8 = String.raw`record["message"].to_s.dup.force_encoding("UTF-8").scrub("\uFFFD")`;
  const note = String.raw`" \u2026 (cut, %d bytes)" % m.bytesize`;
  const cut = `m.byteslice(0, ${MAX_RECORD_BYTES}).scrub("") + ${note}`;
  return {
    name: 'filter',
    argument: '**',
    parameters: {
      '@id': 'text',
      '@type': 'record_transformer',
      enable_ruby: true,
      remove_keys: 'logtag,time',
    },
    sections: [
      {
        name: 'record',
        parameters: {
          message: `\${m = ${utf8}; m.bytesize > ${MAX_RECORD_BYTES + CUT_NOTE_BYTES} ? ${cut} : m}`,
        },
      },
    ],
  };
}

function relabel(label: string): FluentdDirective {
  return { name: 'match', argument: '**', parameters: { '@label': label, '@type': 'relabel' } };
}
