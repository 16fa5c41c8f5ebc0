import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { type LogDestination, LOG_LANES } from '../constructs/filebeat-configuration.ts';
import { Filebeat } from '../constructs/filebeat.ts';
import { Fluentd } from '../constructs/fluentd.ts';
import type { KafkaEndpoint } from '../constructs/kafka-endpoint.ts';
import { LogIndexer } from '../constructs/log-indexer.ts';
import { requireThat } from '../constructs/requirements.ts';
import type { SearchEndpoint } from '../constructs/search-endpoint.ts';
import type { Environment } from '../environments/environment.ts';
import { toBytes } from '../environments/quantities.ts';
import { images } from '../images.ts';
import { kafkaEndpointFor } from './kafka-client.ts';
import { portOf } from './port-of.ts';
import { priorityOf } from './priority.ts';
import { toDuration, toSize } from './units.ts';

/** A stack trace's further lines are indented; what begins at the margin begins a record. */
const RECORD_START = /^\S/;

/** The pods' logs from every node to Elasticsearch or OpenSearch, straight or by way of Kafka. */
export class LoggingChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment, kafka: KafkaEndpoint) {
    super(scope, id, { disableResourceNameHashes: true });
    const { logging, strict } = environment;
    const search = searchEndpoint(environment);

    requireThat(this, !strict || search.scheme === 'https', {
      subject: 'environment',
      property: 'logging.search.endpoint',
      value: logging.search.endpoint,
      allowed: 'an https URL where strict is true',
    });
    if (logging.collector === 'fluentd') this.addFluentd(environment, search);
    else this.addFilebeat(environment, search, kafka);
    if (logging.kafkaBuffer !== undefined) this.addIndexers(environment, logging.kafkaBuffer, search, kafka);
  }

  private addFluentd(environment: Environment, search: SearchEndpoint): void {
    const { namespaces, logging } = environment;
    const { resources, buffer, readsJournald, kafkaBuffer } = logging;
    requireThat(this, kafkaBuffer === undefined, {
      subject: 'environment',
      property: 'logging.collector',
      value: 'fluentd',
      allowed: 'filebeat where logging.kafkaBuffer is set',
      because: "Fluentd's image for a search cluster has no output for Kafka",
    });
    new Fluentd(this, 'Fluentd', {
      namespace: namespaces.logging,
      image: search.product === 'elasticsearch' ? images.fluentdElasticsearch : images.fluentdOpensearch,
      search,
      resources: { cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) },
      buffer: {
        chunk: toSize(buffer.chunk),
        chunks: buffer.chunks,
        volume: toSize(buffer.volume),
        flushInterval: toDuration(buffer.flushInterval),
      },
      readsJournald,
      multilineStart: RECORD_START,
      ...priorityOf(environment, 'collectors'),
    });
  }

  private addFilebeat(environment: Environment, search: SearchEndpoint, kafka: KafkaEndpoint): void {
    const { namespaces, logging } = environment;
    const { resources, readsJournald, kafkaBuffer } = logging;
    requireThat(this, !readsJournald, {
      subject: 'environment',
      property: 'logging.readsJournald',
      value: readsJournald,
      allowed: 'false where logging.collector is filebeat',
      because: 'Filebeat asks journalctl, which its image does not have',
    });
    new Filebeat(this, 'Filebeat', {
      namespace: namespaces.logging,
      image: images.filebeat,
      destination:
        kafkaBuffer === undefined
          ? { kind: 'search', search }
          : this.buffered(environment, kafkaBuffer, kafka),
      resources: { cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) },
      multilineStart: RECORD_START,
      ...priorityOf(environment, 'collectors'),
    });
  }

  private buffered(
    environment: Environment,
    { codec, quotaLinesPerSecond }: KafkaBuffer,
    kafka: KafkaEndpoint,
  ): LogDestination {
    requireThat(this, codec.kind !== 'avro', {
      subject: 'environment',
      property: 'logging.kafkaBuffer.codec.kind',
      value: codec.kind,
      allowed: 'json or plain where Filebeat writes the lanes',
    });
    return {
      kind: 'kafka',
      kafka: kafkaEndpointFor(this, environment, kafka, 'logs'),
      codec: codec.kind === 'plain' ? 'plain' : 'json',
      quotaLinesPerSecond,
      maxMessageBytes: toBytes(environment.kafka.maxMessage),
    };
  }

  private addIndexers(
    environment: Environment,
    buffer: KafkaBuffer,
    search: SearchEndpoint,
    kafka: KafkaEndpoint,
  ): void {
    const { namespaces } = environment;
    const endpoint = kafkaEndpointFor(this, environment, kafka, 'logs');
    for (const lane of LOG_LANES) {
      const { partitions, replicas } = buffer.lanes[lane];
      new LogIndexer(this, `Indexer-${lane}`, {
        namespace: namespaces.logging,
        lane,
        program: buffer.indexer,
        image: indexerImage(buffer.indexer, search),
        kafka: endpoint,
        search,
        replicas,
        partitions,
        codec: buffer.codec,
        queueVolume: toSize(buffer.queueVolume),
        resources: { cpuMillicores: buffer.resources.cpuMillicores, memory: toSize(buffer.resources.memory) },
      });
    }
  }
}

type KafkaBuffer = NonNullable<Environment['logging']['kafkaBuffer']>;

function indexerImage(indexer: KafkaBuffer['indexer'], { product }: SearchEndpoint): string {
  if (indexer === 'filebeat') return images.filebeat;
  return product === 'elasticsearch' ? images.logstash : images.logstashOpensearch;
}

/** The search cluster of an environment as its clients are told. */
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
