import { Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ConfigFiles } from '../workloads/config-files.ts';
import {
  FILEBEAT_CONFIG_PATH,
  FILEBEAT_HTTP_PORT,
  filebeatCommand,
  kafkaConnection,
  type LogLane,
  logTopic,
  searchOutput,
  state,
} from './filebeat-configuration.ts';
import { FILEBEAT_PROBES, requireElasticsearch } from './filebeat.ts';
import type { KafkaEndpoint } from '../kafka/kafka-endpoint.ts';
import { kafkaClientMounts } from '../kafka/kafka-client-files.ts';
import { exportLogins, type Login } from './logins.ts';
import type { Identity } from '../workloads/labels.ts';
import { DOCUMENT_ID, type LogCodec } from './log-records.ts';
import {
  LOGSTASH_API_PORT,
  LOGSTASH_CONFIG_PATH,
  LOGSTASH_QUEUE_PATH,
  logstashConfiguration,
} from './logstash-configuration.ts';
import type { Mount } from '../workloads/mounts.ts';
import { renderYaml } from '../workloads/render-yaml.ts';
import { requireThat } from '../workloads/requirements.ts';
import { RestrictedDeployment } from '../workloads/restricted-deployment.ts';
import type { ResourcesProps } from '../workloads/restricted-pod.ts';
import { searchMounts, type SearchEndpoint, warnOfPlainText } from './search-endpoint.ts';

export interface LogstashProps {
  readonly codec: LogCodec;
  /** Disk for its queues. */
  readonly queueVolume: Size;
}

export interface LogIndexerProps {
  readonly namespace: string;
  readonly lane: LogLane;
  /**
   * Program that reads the lane. Filebeat commits an offset when the search cluster has stored the record, Logstash
   * when its own queue has.
   */
  readonly program: { readonly name: 'filebeat' } | ({ readonly name: 'logstash' } & LogstashProps);
  readonly image: string;
  readonly kafka: KafkaEndpoint;
  readonly search: SearchEndpoint;
  readonly replicas: number;
  /** Partitions of the lane's topic. */
  readonly partitions: number;
  readonly resources: ResourcesProps;
}

/** Least disk for Logstash's queues. */
const LEAST_QUEUE = Size.gibibytes(1);

/** Pods of a lane. */
export function logIndexer(lane: LogLane): Identity {
  return { name: `log-indexer-${lane}`, component: 'logging' };
}

/** Sends one lane of the log buffer to Elasticsearch or OpenSearch. */
export class LogIndexer extends Construct {
  constructor(scope: Construct, id: string, props: LogIndexerProps) {
    super(scope, id);
    const { namespace, lane, program, kafka, search, replicas, partitions } = props;
    const identity = logIndexer(lane);
    const { name } = identity;

    const consumerThreads = partitions / replicas;
    requireThat(this, Number.isInteger(consumerThreads), {
      subject: name,
      property: 'replicas',
      value: replicas,
      allowed: `a divisor of the lane's partitions (${partitions})`,
      because:
        'consumer threads are partitions ÷ replicas, and a thread without a partition of its own would be idle',
    });
    warnOfPlainText(this, name, search);
    if (program.name === 'filebeat') requireElasticsearch(this, name, search.product);
    else {
      requireThat(this, program.queueVolume.toMebibytes() >= LEAST_QUEUE.toMebibytes(), {
        subject: name,
        property: 'queueVolume',
        value: `${program.queueVolume.toMebibytes()} MiB`,
        allowed: `at least ${LEAST_QUEUE.toMebibytes()} MiB`,
        because: 'Logstash writes its queue in pages of 64 MiB',
      });
    }

    const threads = Math.max(1, Math.floor(consumerThreads));
    const parts =
      program.name === 'filebeat'
        ? filebeatParts(props, name, threads)
        : logstashParts(props, program, name, threads);
    const config = new ConfigFiles(this, 'Config', {
      name,
      namespace,
      identity,
      files: parts.files,
    });
    new RestrictedDeployment(this, 'Pods', {
      name,
      namespace,
      identity,
      image: props.image,
      replicas,
      resources: props.resources,
      command: parts.command,
      ports: parts.ports,
      readiness: parts.readiness,
      liveness: parts.liveness,
      podAnnotations: config.podAnnotations,
      mounts: [
        { kind: 'config', files: config, path: parts.configPath },
        ...parts.mounts,
        { kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(128) },
        ...searchMounts(search),
        ...kafkaClientMounts(kafka),
      ],
      ...(parts.variables && { variables: parts.variables }),
      // Logstash drains its queue before it exits, as far as the search cluster accepts it.
      terminationGracePeriod: Duration.minutes(5),
    });
  }
}

/** The differences between the two programs. */
interface Parts {
  readonly files: Readonly<Record<string, string>>;
  readonly configPath: string;
  readonly command: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly readiness: Probe;
  readonly liveness: Probe;
  readonly mounts: readonly Mount[];
  readonly variables?: Readonly<Record<string, string>>;
}

function logins({ login }: KafkaEndpoint): readonly Login[] {
  return login === undefined ? ['search'] : ['search', 'kafka'];
}

/** Each Kafka input is one member of the group, so each thread needs its own input. */
function filebeatParts({ kafka, lane, search }: LogIndexerProps, name: string, threads: number): Parts {
  const input = (thread: number) => ({
    type: 'kafka',
    hosts: kafka.bootstrapServers.split(','),
    topics: [logTopic(lane)],
    group_id: name,
    client_id: `${name}-${thread}`,
    initial_offset: 'oldest',
    version: '2.6.0',
    parsers: [{ ndjson: { target: '', overwrite_keys: true, document_id: DOCUMENT_ID } }],
    ...kafkaConnection(kafka),
  });
  return {
    files: {
      'filebeat.yml': renderYaml({
        'filebeat.inputs': Array.from({ length: threads }, (_, thread) => input(thread)),
        ...state('/tmp/data'),
        ...searchOutput(search),
      }),
    },
    configPath: FILEBEAT_CONFIG_PATH,
    command: filebeatCommand(logins(kafka)),
    ports: { http: FILEBEAT_HTTP_PORT },
    mounts: [],
    ...FILEBEAT_PROBES,
  };
}

function logstashParts(
  { kafka, lane, search, resources }: LogIndexerProps,
  { codec, queueVolume }: LogstashProps,
  name: string,
  threads: number,
): Parts {
  // Half of the memory is the heap; the other half is threads, network buffers and the queue's mapped pages.
  const heap = Math.floor(resources.memory.toMebibytes() / 2);
  return {
    files: logstashConfiguration({
      kafka,
      search,
      topic: logTopic(lane),
      groupId: name,
      consumerThreads: threads,
      codec,
      volumeBytes: queueVolume.toKibibytes() * 1024,
    }),
    configPath: LOGSTASH_CONFIG_PATH,
    command: [
      '/bin/sh',
      '-ec',
      `${exportLogins(logins(kafka))}exec /usr/share/logstash/bin/logstash --path.settings ${LOGSTASH_CONFIG_PATH}`,
    ],
    ports: { http: LOGSTASH_API_PORT },
    variables: { LS_JAVA_OPTS: `-Xms${heap}m -Xmx${heap}m` },
    mounts: [{ kind: 'scratch', name: 'queue', path: LOGSTASH_QUEUE_PATH, size: queueVolume }],
    readiness: Probe.fromHttpGet('/', { port: LOGSTASH_API_PORT, periodSeconds: Duration.seconds(15) }),
    liveness: Probe.fromTcpSocket({
      port: LOGSTASH_API_PORT,
      initialDelaySeconds: Duration.seconds(120),
      periodSeconds: Duration.seconds(30),
      failureThreshold: 6,
    }),
  };
}
