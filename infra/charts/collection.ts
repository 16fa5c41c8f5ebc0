import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { ProducerVariables } from '../../apps/producer/config.ts';
import { Consumer } from '../constructs/events/consumer.ts';
import type { KafkaEndpoint } from '../constructs/kafka/kafka-endpoint.ts';
import { KafkaRestBridge } from '../constructs/kafka/kafka-rest-bridge.ts';
import { KafkaUi } from '../constructs/kafka/kafka-ui.ts';
import { Producer, PRODUCER_PORT, WITHDRAWAL, type ProducerEndpoint } from '../constructs/events/producer.ts';
import { requireThat } from '../constructs/workloads/requirements.ts';
import type { Environment } from '../environments/environment.ts';
import { toBytes, toMs } from '../environments/quantities.ts';
import { images, ownReferences } from '../images.ts';
import { consumerMounts, consumerVariables } from './consumer-settings.ts';
import { kafkaClient, kafkaEndpointFor } from './kafka-client.ts';
import { sourcesMounts, sourcesVariable } from './producer-sources.ts';
import { toDuration, toSize } from './units.ts';

/**
 * Bytes of a record besides the body: key, headers, and its share of the batch header. The producer's documentation
 * requires as much.
 */
const RECORD_OVERHEAD_BYTES = 32 * 1024;

/**
 * Memory that the producer needs besides its queue: each byte of the queue also has a copy in a batch, and leaves
 * garbage. Measured in a memory cgroup with 1,000 connections and bodies of 1 MB: 230 MiB with a queue of 32 MiB, 400
 * MiB with one of 64.
 */
const PRODUCER_BASE_BYTES = 96 * 2 ** 20;
const PRODUCER_BYTES_PER_QUEUED = 5;

/** Events from HTTP into Kafka and from Kafka into the object store, and the tools that look at Kafka. */
export class CollectionChart extends Chart {
  readonly producer: ProducerEndpoint;

  constructor(scope: Construct, id: string, environment: Environment, kafka: KafkaEndpoint) {
    super(scope, id, { disableResourceNameHashes: true });
    const { namespaces, restBridge, kafkaUi } = environment;
    const namespace = namespaces.pipeline;

    this.requireLimitsInOrder(environment);
    this.producer = this.addProducer(environment, kafka);
    this.addConsumer(environment, kafka);
    if (restBridge !== undefined) {
      new KafkaRestBridge(this, 'RestBridge', {
        namespace,
        image: images.kafkaBridge,
        kafka: kafkaEndpointFor(this, environment, kafka, 'tools'),
        replicas: restBridge.replicas,
        resources: podResources(restBridge.resources),
      });
    }
    if (kafkaUi !== undefined) {
      const { access, resources } = kafkaUi;
      new KafkaUi(this, 'KafkaUi', {
        namespace,
        image: images.kafkaUi,
        kafka: kafkaEndpointFor(this, environment, kafka, 'tools'),
        resources: podResources(resources),
        access: access.kind === 'public' ? { kind: 'public', oauthSecretName: access.oauthSecret } : access,
      });
    }
  }

  private addProducer(environment: Environment, kafka: KafkaEndpoint): Producer {
    const { namespaces, producer, eventsTopic } = environment;
    const client = kafkaClient(environment, kafka, 'producer');
    const variables: ProducerVariables = {
      ...client.variables,
      KAFKA_TOPIC: eventsTopic,
      PORT: String(PRODUCER_PORT),
      SOURCES: sourcesVariable(environment),
      MAX_BODY_BYTES: String(toBytes(producer.maxBody)),
      REQUEST_TIMEOUT_MS: String(toMs(producer.requestTimeout)),
      LINGER_MS: String(toMs(producer.linger)),
      BATCH_MAX_RECORDS: String(producer.batchMaxRecords),
      BATCH_MAX_BYTES: String(toBytes(producer.batchMax)),
      QUEUE_MAX_RECORDS: String(producer.queueMaxRecords),
      QUEUE_MAX_BYTES: String(toBytes(producer.queueMax)),
      DELIVERY_TIMEOUT_MS: String(toMs(producer.deliveryTimeout)),
      DRAIN_DELAY_MS: String(WITHDRAWAL.toMilliseconds()),
      SHUTDOWN_DEADLINE_MS: String(toMs(producer.shutdownDeadline)),
    };
    return new Producer(this, 'Producer', {
      namespace: namespaces.pipeline,
      image: ownReferences(environment.images?.registry).producer,
      replicas: producer.replicas,
      targetCpuPercent: producer.targetCpuPercent,
      resources: podResources(producer.resources),
      variables: { ...variables },
      mounts: [...client.mounts, ...sourcesMounts(environment)],
      shutdownDeadline: toDuration(producer.shutdownDeadline),
      preStopSleep: toDuration(producer.preStopSleep),
    });
  }

  private addConsumer(environment: Environment, kafka: KafkaEndpoint): void {
    const { namespaces, consumer, topics, eventsTopic } = environment;
    const client = kafkaClient(environment, kafka, 'consumer');
    const variables = consumerVariables(environment, client);
    new Consumer(this, 'Consumer', {
      namespace: namespaces.pipeline,
      image: ownReferences(environment.images?.registry).consumer,
      replicas: consumer.replicas,
      cpuMillicores: consumer.cpuMillicores,
      variables: { ...variables },
      mounts: [...client.mounts, ...consumerMounts(environment)],
      maxBufferedBytes: toBytes(consumer.maxBuffered),
      shutdownDeadline: toDuration(consumer.shutdownDeadline),
      lag: {
        kafka: kafkaEndpointFor(this, environment, kafka, 'consumer'),
        topic: eventsTopic,
        partitions: topics[eventsTopic]?.partitions ?? 1,
        groupId: variables.KAFKA_GROUP_ID,
        recordsPerReplica: consumer.lagPerReplica,
      },
    });
  }

  private requireLimitsInOrder({
    producer,
    consumer,
    kafka,
    objectStore,
    topics,
    eventsTopic,
    strict,
  }: Environment): void {
    const maxBody = toBytes(producer.maxBody);
    const maxMessage = toBytes(kafka.maxMessage);
    requireThat(this, maxBody + RECORD_OVERHEAD_BYTES <= maxMessage, {
      subject: 'environment',
      property: 'producer.maxBody',
      value: producer.maxBody,
      allowed: `at most kafka.maxMessage (${kafka.maxMessage}) less ${RECORD_OVERHEAD_BYTES} bytes of overhead`,
      because: 'the edge and the producer would accept bodies that the brokers refuse',
    });
    requireThat(this, toBytes(producer.batchMax) <= maxMessage, {
      subject: 'environment',
      property: 'producer.batchMax',
      value: producer.batchMax,
      allowed: `at most kafka.maxMessage (${kafka.maxMessage})`,
      because: "the brokers' limit is for a batch, not for one record",
    });
    requireThat(
      this,
      PRODUCER_BYTES_PER_QUEUED * toBytes(producer.queueMax) + PRODUCER_BASE_BYTES <=
        toBytes(producer.resources.memory),
      {
        subject: 'environment',
        property: 'producer.queueMax',
        value: producer.queueMax,
        allowed: `at most a fifth of producer.resources.memory (${producer.resources.memory}) less ${PRODUCER_BASE_BYTES} bytes of the runtime`,
        because: 'the kernel would kill a pod with a full queue',
      },
    );
    const withdrawalMs = WITHDRAWAL.toMilliseconds();
    // The program uses at most half of its deadline for the drain.
    const leavingMs = withdrawalMs + Math.max(toMs(producer.deliveryTimeout), withdrawalMs);
    requireThat(this, toMs(producer.shutdownDeadline) > leavingMs, {
      subject: 'environment',
      property: 'producer.shutdownDeadline',
      value: producer.shutdownDeadline,
      allowed: `more than ${leavingMs / 1000}s: ${withdrawalMs / 1000}s until the edge has forgotten the pod, and producer.deliveryTimeout (${producer.deliveryTimeout})`,
      because: 'a request that the producer accepted while it drains would get no response',
    });
    requireThat(this, toBytes(consumer.flushMax) <= toBytes(consumer.maxBuffered), {
      subject: 'environment',
      property: 'consumer.flushMax',
      value: consumer.flushMax,
      allowed: `at most consumer.maxBuffered (${consumer.maxBuffered})`,
      because: 'no object would ever reach that size',
    });
    const { continues = '' } = consumer;
    requireThat(this, continues !== consumer.prefix, {
      subject: 'environment',
      property: 'consumer.continues',
      value: continues,
      allowed: `another prefix than consumer.prefix (${consumer.prefix})`,
      because: 'a chain cannot continue itself: another codec or delivery needs a new prefix',
    });
    requireThat(this, continues === '' || consumer.delivery === 'exactly-once', {
      subject: 'environment',
      property: 'consumer.continues',
      value: continues,
      allowed: 'left out if consumer.delivery is at-least-once',
      because:
        'a store without conditional writes cannot close the old chains: records that the old pods store during the rollout would be in both prefixes',
    });
    const retention = topics[eventsTopic]?.retention ?? '1ms';
    const { expiryDays } = objectStore;
    requireThat(this, expiryDays === 'never' || expiryDays * 86_400_000 > toMs(retention), {
      subject: 'environment',
      property: 'objectStore.expiryDays',
      value: expiryDays,
      allowed: `more than topics.${eventsTopic}.retention (${retention})`,
      because:
        'the chain of objects is the position in Kafka: if its end has expired, events are stored again',
    });
    const isTls = objectStore.endpoint.startsWith('https://');
    requireThat(this, objectStore.pathStyle || !isTls || !objectStore.bucket.includes('.'), {
      subject: 'environment',
      property: 'objectStore.bucket',
      value: objectStore.bucket,
      allowed: 'a name without dots if objectStore.endpoint is https and objectStore.pathStyle false',
      because: 'a certificate for *.host covers only one label before the host',
    });
    requireThat(this, !strict || isTls, {
      subject: 'environment',
      property: 'objectStore.endpoint',
      value: objectStore.endpoint,
      allowed: 'an https URL if strict is true',
    });
  }
}

/** Converts the resources of an environment. */
function podResources(resources: Environment['producer']['resources']) {
  return { cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) };
}
