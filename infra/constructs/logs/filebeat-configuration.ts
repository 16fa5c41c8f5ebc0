import type { KafkaEndpoint } from '../kafka/kafka-endpoint.ts';
import { KAFKA_CLIENT_FILES } from '../kafka/kafka-client-files.ts';
import { LANE_SCRIPT, NAMES_SCRIPT, quotaScript } from './filebeat-scripts.ts';
import { CONTINUATION, DOCUMENT_ID, type LogCodec, MAX_RECORD_BYTES, refusedPrefix } from './log-records.ts';
import { exportLogins, type Login } from './logins.ts';
import { renderYaml } from '../workloads/render-yaml.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

export const FILEBEAT_HTTP_PORT = 5066;

/** Where the node's state lies: how far each file was read and delivered. It outlives the pod. */
export const FILEBEAT_STATE_PATH = '/var/lib/headwater/filebeat';
export const FILEBEAT_CONFIG_PATH = '/etc/filebeat';

/**
 * First bytes of a file by which it is known; a shorter one is not read. 64 is the least that Filebeat takes, and has the
 * first line's time in nanoseconds. With its default, 1024, a pod that says little is never heard.
 */
const IDENTITY_BYTES = 64;

/** Lanes of the log buffer, most urgent first; `burst` takes what a source writes above its quota. */
export const LOG_LANES = ['high', 'medium', 'low', 'burst'] as const;
export type LogLane = (typeof LOG_LANES)[number];

const TOPIC_PREFIX = 'logs-';

/** Kafka topic of a lane. */
export function logTopic(lane: LogLane): string {
  return `${TOPIC_PREFIX}${lane}`;
}

/** Where a shipper sends what it reads. */
export type LogDestination =
  | { readonly kind: 'search'; readonly search: SearchEndpoint }
  | {
      readonly kind: 'kafka';
      readonly kafka: KafkaEndpoint;
      readonly codec: LogCodec;
      /** Lines a second from one source, above which its lines go to the burst lane. */
      readonly quotaLinesPerSecond: number;
      /** Largest record that the brokers take. */
      readonly maxMessageBytes: number;
    };

export interface FilebeatConfiguration {
  /** Namespace of the collector itself: its own lines are not read, or each one would make another. */
  readonly namespace: string;
  readonly destination: LogDestination;
}

/** Text of `filebeat.yml` for a shipper on a node. */
export function filebeatConfiguration(configuration: FilebeatConfiguration): string {
  const { namespace, destination } = configuration;
  return renderYaml({
    'filebeat.inputs': [
      {
        type: 'filestream',
        id: 'container-logs',
        paths: ['/var/log/containers/*.log'],
        message_max_bytes: MAX_RECORD_BYTES,
        // A file is known by its first bytes: it keeps its identity when the kubelet renames it.
        'file_identity.fingerprint': null,
        prospector: {
          scanner: {
            symlinks: true,
            exclude_files: [`^/var/log/containers/filebeat-[^_]*_${namespace}_`],
            fingerprint: { enabled: true, length: IDENTITY_BYTES },
          },
        },
        parsers: [
          { container: { stream: 'all', format: 'cri' } },
          {
            multiline: {
              type: 'pattern',
              pattern: CONTINUATION,
              negate: false,
              match: 'after',
              timeout: '5s',
              max_bytes: MAX_RECORD_BYTES,
              // It is the bytes that bound a record.
              max_lines: MAX_RECORD_BYTES,
            },
          },
        ],
        processors: [...identity(destination), ...quota(destination)],
      },
    ],
    processors: [...metadata(), ...lane(destination)],
    ...state(FILEBEAT_STATE_PATH),
    ...destinationSettings(destination),
  });
}

/** The document's id, from the place of the line, set where it is read: a line sent twice is one document. */
function identity({ kind }: LogDestination): readonly unknown[] {
  return [
    {
      fingerprint: {
        fields: ['@timestamp', 'log.file.path', 'log.offset', 'message', 'stream'],
        method: 'sha256',
        target_field: kind === 'search' ? '@metadata._id' : DOCUMENT_ID,
      },
    },
  ];
}

/**
 * Names and labels of the pod. Filebeat's own processors, not an input's: of those each file would have a watch on the API
 * server. Owners are left out: they would need rights to ReplicaSets and Jobs.
 */
function metadata(): readonly unknown[] {
  return [
    {
      add_kubernetes_metadata: {
        host: '${NODE_NAME}',
        matchers: [{ logs_path: { logs_path: '/var/log/containers/' } }],
        add_resource_metadata: {
          cronjob: false,
          deployment: false,
          namespace: { enabled: true },
          node: { enabled: false },
        },
      },
    },
    script('names', NAMES_SCRIPT),
  ];
}

function quota(destination: LogDestination): readonly unknown[] {
  return destination.kind === 'search' ? [] : [script('quota', quotaScript(destination.quotaLinesPerSecond))];
}

function lane({ kind }: LogDestination): readonly unknown[] {
  return kind === 'search' ? [] : [script('lane', LANE_SCRIPT)];
}

function script(id: string, source: string): unknown {
  return { script: { lang: 'javascript', id, source } };
}

/** What every Filebeat of ours has: where its state is, its endpoint for probes, logs as JSON on standard error. */
export function state(dataPath: string): Readonly<Record<string, unknown>> {
  return {
    path: { data: dataPath, logs: '/tmp' },
    http: { enabled: true, host: '0.0.0.0', port: FILEBEAT_HTTP_PORT },
    logging: { level: 'info', to_stderr: true, to_files: false },
  };
}

function destinationSettings(destination: LogDestination): Readonly<Record<string, unknown>> {
  if (destination.kind === 'search') return searchOutput(destination.search);
  const { kafka, codec, maxMessageBytes } = destination;
  return {
    'output.kafka': {
      hosts: kafka.bootstrapServers.split(','),
      topic: `${TOPIC_PREFIX}%{[lane]}`,
      // One source is one partition, so its lines stay in order.
      key: '%{[log.file.path]}',
      partition: { hash: { reachable_only: false } },
      required_acks: -1,
      compression: 'zstd',
      version: '2.6.0',
      max_message_bytes: maxMessageBytes,
      codec:
        codec === 'json'
          ? { json: { pretty: false, escape_html: false } }
          : { format: { string: '%{[message]}' } },
      ...kafkaConnection(kafka),
    },
  };
}

/** Certificate and login of a Kafka client of Filebeat. The password comes from a file, through the command's environment. */
export function kafkaConnection({ caSecret, login }: KafkaEndpoint): Readonly<Record<string, unknown>> {
  return {
    ...(caSecret !== undefined && {
      ssl: {
        enabled: true,
        certificate_authorities: [KAFKA_CLIENT_FILES.ca],
        supported_protocols: ['TLSv1.2', 'TLSv1.3'],
        verification_mode: 'full',
      },
    }),
    ...(login !== undefined && {
      username: login.username,
      password: '${KAFKA_PASSWORD}',
      'sasl.mechanism': 'SCRAM-SHA-512',
    }),
  };
}

/** Settings of an output to Elasticsearch. User and password come from files, through the command's environment. */
export function searchOutput(search: SearchEndpoint): Readonly<Record<string, unknown>> {
  const { scheme, host, port, indexPrefix, caSecretName } = search;
  return {
    'output.elasticsearch': {
      hosts: [`${scheme}://${host}:${port}`],
      username: '${SEARCH_USERNAME}',
      password: '${SEARCH_PASSWORD}',
      index: `${indexPrefix}-%{+yyyy.MM.dd}`,
      // What the cluster refuses for good, a mapping conflict say, is kept for a look rather than dropped.
      non_indexable_policy: { dead_letter_index: { index: refusedPrefix(search) } },
      ...(scheme === 'https' && {
        ssl: {
          ...(caSecretName !== undefined && { certificate_authorities: [`${SEARCH_SECRETS.ca}/ca.crt`] }),
          supported_protocols: ['TLSv1.2', 'TLSv1.3'],
          verification_mode: 'full',
        },
      }),
    },
    // A Job does both, once.
    'setup.ilm.enabled': false,
    'setup.template.enabled': false,
  };
}

/** Starts Filebeat with the logins that it needs in its environment, read from files: the pod's own has none. */
export function filebeatCommand(logins: readonly Login[]): readonly string[] {
  return [
    '/bin/sh',
    '-ec',
    `${exportLogins(logins)}exec filebeat -e --strict.perms=false -c ${FILEBEAT_CONFIG_PATH}/filebeat.yml`,
  ];
}
