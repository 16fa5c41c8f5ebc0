import type { KafkaEndpoint } from '../kafka/kafka-endpoint.ts';
import { KAFKA_CLIENT_FILES } from '../kafka/kafka-client-files.ts';
import { LANE_SCRIPT, NAMES_SCRIPT, quotaScript } from './filebeat-scripts.ts';
import { CONTINUATION, DOCUMENT_ID, type LogCodec, MAX_RECORD_BYTES, refusedPrefix } from './log-records.ts';
import { exportLogins, type Login } from './logins.ts';
import { renderYaml } from '../workloads/render-yaml.ts';
import { SEARCH_SECRETS, type SearchEndpoint } from './search-endpoint.ts';

export const FILEBEAT_HTTP_PORT = 5066;

/** Directory of the node with the read position of each file. Outlives the pod. */
export const FILEBEAT_STATE_PATH = '/var/lib/headwater/filebeat';
export const FILEBEAT_CONFIG_PATH = '/etc/filebeat';

/**
 * Fingerprint length: Filebeat does not read a shorter file. 64 bytes is Filebeat's minimum, and includes the
 * nanosecond timestamp of the first line. With the default, 1024, Filebeat would not read a pod that logs little.
 */
const IDENTITY_BYTES = 64;

/** Lanes of the log buffer, most urgent first; `burst` gets the lines of a source above its quota. */
export const LOG_LANES = ['high', 'medium', 'low', 'burst'] as const;
export type LogLane = (typeof LOG_LANES)[number];

const TOPIC_PREFIX = 'logs-';

/** Kafka topic of a lane. */
export function logTopic(lane: LogLane): string {
  return `${TOPIC_PREFIX}${lane}`;
}

/** Where a shipper sends lines. */
export type LogDestination =
  | { readonly kind: 'search'; readonly search: SearchEndpoint }
  | {
      readonly kind: 'kafka';
      readonly kafka: KafkaEndpoint;
      readonly codec: LogCodec;
      /** Lines per second of one source; lines above it go to the burst lane. */
      readonly quotaLinesPerSecond: number;
      /** Largest record that the brokers accept. */
      readonly maxMessageBytes: number;
    };

export interface FilebeatConfiguration {
  /** Namespace of the collector: its own lines are not read, since each would cause another one. */
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
        // A fingerprint identifies a file, so it keeps its identity when the kubelet renames it.
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

/** Sets the document id from the position of the line when the line is read: a line sent twice is one document. */
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
 * Adds names and labels of the pod. Uses global processors: with those of an input, each file would open its own watch
 * on the API server. Omits owners, which would need rights to ReplicaSets and Jobs.
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

/** Settings of every Filebeat: state directory, HTTP endpoint for probes, JSON logs on standard error. */
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
      // All lines of a source go to one partition, so they keep their order.
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

/**
 * Certificate and login of Filebeat's Kafka client. The command reads the password from a file into its environment.
 */
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

/** Settings of an Elasticsearch output. The command reads user name and password from files into its environment. */
export function searchOutput(search: SearchEndpoint): Readonly<Record<string, unknown>> {
  const { scheme, host, port, indexPrefix, caSecretName } = search;
  return {
    'output.elasticsearch': {
      hosts: [`${scheme}://${host}:${port}`],
      username: '${SEARCH_USERNAME}',
      password: '${SEARCH_PASSWORD}',
      index: `${indexPrefix}-%{+yyyy.MM.dd}`,
      // Documents that the cluster rejects for good, for example for a mapping conflict, are kept instead of dropped.
      non_indexable_policy: { dead_letter_index: { index: refusedPrefix(search) } },
      ...(scheme === 'https' && {
        ssl: {
          ...(caSecretName !== undefined && { certificate_authorities: [`${SEARCH_SECRETS.ca}/ca.crt`] }),
          supported_protocols: ['TLSv1.2', 'TLSv1.3'],
          verification_mode: 'full',
        },
      }),
    },
    // A Job sets up both.
    'setup.ilm.enabled': false,
    'setup.template.enabled': false,
  };
}

/** Starts Filebeat with logins from files in its environment; the pod's environment has none. */
export function filebeatCommand(logins: readonly Login[]): readonly string[] {
  return [
    '/bin/sh',
    '-ec',
    `${exportLogins(logins)}exec filebeat -e --strict.perms=false -c ${FILEBEAT_CONFIG_PATH}/filebeat.yml`,
  ];
}
