import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { type LogDestination, LOG_LANES } from '../constructs/logs/filebeat-configuration.ts';
import { Filebeat } from '../constructs/logs/filebeat.ts';
import { Fluentd } from '../constructs/logs/fluentd.ts';
import type { KafkaEndpoint } from '../constructs/kafka/kafka-endpoint.ts';
import { LogIndexer } from '../constructs/logs/log-indexer.ts';
import { LogIndices } from '../constructs/logs/log-indices.ts';
import { type LogCodec, MAX_RECORD_BYTES } from '../constructs/logs/log-records.ts';
import { requireThat } from '../constructs/workloads/requirements.ts';
import type { SearchEndpoint } from '../constructs/logs/search-endpoint.ts';
import type { Environment } from '../environments/environment.ts';
import type { LogBuffer, Logging } from '../environments/logging.ts';
import { toBytes } from '../environments/quantities.ts';
import { images, ownReferences } from '../images.ts';
import { kafkaEndpointFor } from './kafka-client.ts';
import { portOf } from './port-of.ts';
import { priorityOf } from './priority.ts';
import { toDuration, toSize } from './units.ts';

/** Sends the pods' logs from every node to Elasticsearch or OpenSearch, directly or through Kafka. */
export class LoggingChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment, kafka: KafkaEndpoint) {
    super(scope, id, { disableResourceNameHashes: true });
    const { logging, strict } = environment;
    const search = searchEndpoint(environment);

    requireThat(this, !strict || search.scheme === 'https', {
      subject: 'environment',
      property: 'logging.search.endpoint',
      value: logging.search.endpoint,
      allowed: 'an https URL if strict is true',
    });
    const indices = new LogIndices(this, 'Indices', {
      namespace: environment.namespaces.logging,
      image: ownReferences(environment.images?.registry).indices,
      search,
      retention: toDuration(logging.retention),
    });
    const shippers =
      logging.collector === 'fluentd'
        ? [this.addFluentd(environment, logging, search)]
        : this.addFilebeat(environment, logging, search, kafka);
    // An index keeps the mapping that exists when its first document arrives.
    for (const shipper of shippers) shipper.node.addDependency(indices);
  }

  private addFluentd(
    environment: Environment,
    { resources, buffer, readsJournald }: Extract<Logging, { collector: 'fluentd' }>,
    search: SearchEndpoint,
  ): Construct {
    return new Fluentd(this, 'Fluentd', {
      namespace: environment.namespaces.logging,
      image: search.product === 'elasticsearch' ? images.fluentdElasticsearch : images.fluentdOpensearch,
      search,
      resources: { cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) },
      buffer: { volume: toSize(buffer.volume), flushInterval: toDuration(buffer.flushInterval) },
      readsJournald,
      ...priorityOf(environment, 'collectors'),
    });
  }

  private addFilebeat(
    environment: Environment,
    { resources, kafkaBuffer }: Extract<Logging, { collector: 'filebeat' }>,
    search: SearchEndpoint,
    kafka: KafkaEndpoint,
  ): readonly Construct[] {
    const shipper = new Filebeat(this, 'Filebeat', {
      namespace: environment.namespaces.logging,
      image: images.filebeat,
      destination:
        kafkaBuffer === undefined
          ? { kind: 'search', search }
          : this.buffered(environment, kafkaBuffer, kafka),
      resources: { cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) },
      ...priorityOf(environment, 'collectors'),
    });
    if (kafkaBuffer === undefined) return [shipper];
    return [shipper, ...this.addIndexers(environment, kafkaBuffer, search, kafka)];
  }

  private buffered(environment: Environment, buffer: LogBuffer, kafka: KafkaEndpoint): LogDestination {
    const maxMessageBytes = toBytes(environment.kafka.maxMessage);
    requireThat(this, maxMessageBytes >= LEAST_MESSAGE_BYTES, {
      subject: 'environment',
      property: 'kafka.maxMessage',
      value: environment.kafka.maxMessage,
      allowed: `at least ${LEAST_MESSAGE_BYTES / 2 ** 10}Ki where logging.kafkaBuffer is set`,
      because: 'Filebeat drops a record of a log that the brokers do not take',
    });
    return {
      kind: 'kafka',
      kafka: kafkaEndpointFor(this, environment, kafka, 'logs'),
      codec: codecOf(buffer),
      quotaLinesPerSecond: buffer.quotaLinesPerSecond,
      maxMessageBytes,
    };
  }

  private addIndexers(
    environment: Environment,
    buffer: LogBuffer,
    search: SearchEndpoint,
    kafka: KafkaEndpoint,
  ): readonly Construct[] {
    const { namespaces } = environment;
    const endpoint = kafkaEndpointFor(this, environment, kafka, 'logs');
    return LOG_LANES.map((lane) => {
      const { partitions, replicas } = buffer.lanes[lane];
      return new LogIndexer(this, `Indexer-${lane}`, {
        namespace: namespaces.logging,
        lane,
        image: indexerImage(buffer.indexer, search),
        kafka: endpoint,
        search,
        replicas,
        partitions,
        program:
          buffer.indexer === 'filebeat'
            ? { name: 'filebeat' }
            : { name: 'logstash', codec: buffer.codec, queueVolume: toSize(buffer.queueVolume) },
        resources: { cpuMillicores: buffer.resources.cpuMillicores, memory: toSize(buffer.resources.memory) },
      });
    });
  }
}

/** Size of the longest record: JSON may write each byte of the text in six characters, and fields are added. */
const LEAST_MESSAGE_BYTES = 6 * MAX_RECORD_BYTES + 128 * 2 ** 10;

function codecOf(buffer: LogBuffer): LogCodec {
  return buffer.indexer === 'logstash' ? buffer.codec : 'json';
}

function indexerImage(indexer: LogBuffer['indexer'], { product }: SearchEndpoint): string {
  if (indexer === 'filebeat') return images.filebeat;
  return product === 'elasticsearch' ? images.logstash : images.logstashOpensearch;
}

/** The search endpoint of an environment for its clients. */
function searchEndpoint({ logging }: Environment): SearchEndpoint {
  const { product, endpoint, credentialsSecret, caSecret, indexPrefix } = logging.search;
  const url = new URL(endpoint);
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return {
    product,
    scheme,
    host: url.hostname,
    port: portOf(endpoint),
    credentialsSecretName: credentialsSecret,
    indexPrefix,
    ...(caSecret !== undefined && { caSecretName: caSecret }),
  };
}
