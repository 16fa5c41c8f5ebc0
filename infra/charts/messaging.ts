import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { KafkaEndpoint } from '../constructs/kafka/kafka-endpoint.ts';
import { KafkaUsers } from '../constructs/kafka/kafka-users.ts';
import type { KafkaSecurity } from '../constructs/kafka/kafka-listeners.ts';
import { kraft, zookeeper, type KafkaMetadata } from '../constructs/kafka/kafka-metadata.ts';
import { Kafka } from '../constructs/kafka/kafka.ts';
import { requireThat } from '../constructs/workloads/requirements.ts';
import { Topics } from '../constructs/kafka/topics.ts';
import { ZooKeeper } from '../constructs/zookeeper/zookeeper.ts';
import { ecrHost } from '../environments/aws.ts';
import type { Environment } from '../environments/environment.ts';
import { ownReferences } from '../images.ts';
import { kafkaClient } from './kafka-client.ts';
import { declaredTopics } from './declared-topics.ts';
import { priorityOf } from './priority.ts';
import { toDuration, toSize } from './units.ts';

/** ZooKeeper or controllers, brokers, users and topics. */
export class MessagingChart extends Chart {
  readonly kafka: KafkaEndpoint;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, { disableResourceNameHashes: true });
    const { namespaces, clusterDomain, spread, storageClassName, kafka: settings } = environment;
    const namespace = namespaces.pipeline;
    const shared = {
      namespace,
      clusterDomain,
      spread,
      ...(storageClassName !== undefined && { storageClassName }),
      ...priorityOf(environment, 'state'),
    };
    const topics = declaredTopics(environment);
    const own = ownReferences(environment.images?.registry);

    requireThat(this, environment.eventsTopic in environment.topics, {
      subject: 'environment',
      property: 'eventsTopic',
      value: environment.eventsTopic,
      allowed: `one of topics (${Object.keys(environment.topics).join(', ')})`,
    });

    this.#requireReplicasWhereStrict(environment);
    this.#requireOwnRegistry(environment);

    const logVolume = toSize(settings.logVolume);
    const kafka = new Kafka(this, 'Kafka', {
      ...shared,
      image: own[`kafka:${settings.metadata.version}`],
      metadata: this.#metadata(environment, shared),
      brokers: settings.brokers,
      cpuMillicores: settings.resources.cpuMillicores,
      memory: toSize(settings.resources.memory),
      ...(settings.heap !== undefined && { heap: toSize(settings.heap) }),
      logVolume,
      maxMessage: toSize(settings.maxMessage),
      security: readSecurity(settings.security),
      exposure: settings.exposure,
      readsRackFromPodLabel: settings.rack === 'pod-label',
    });
    this.kafka = kafka;
    const ensemble = this.node.tryFindChild('ZooKeeper');
    if (ensemble !== undefined) kafka.node.addDependency(ensemble);

    const { security } = settings;
    if (security.protocol === 'tls' && security.authentication.mechanism === 'scram-sha-512') {
      const users = new KafkaUsers(this, 'Users', {
        namespace,
        image: own.users,
        replicationServers: kafka.replicationServers,
        certificateSecret: security.certificateSecret,
        passwordSecrets: Object.fromEntries(
          Object.entries(security.authentication.users).flatMap(([user, secret]) =>
            secret === undefined ? [] : [[user, secret]],
          ),
        ),
      });
      users.node.addDependency(kafka);
    }
    const client = kafkaClient(environment, kafka, 'topics');
    const declared = new Topics(this, 'Topics', {
      namespace,
      image: own.topics,
      cluster: { brokers: settings.brokers, logVolume },
      topics,
      deleted: environment.deletedTopics,
      clusterConfigs: kafka.clusterConfigs,
      variables: { ...client.variables },
      mounts: client.mounts,
    });
    declared.node.addDependency(this.node.tryFindChild('Users') ?? kafka);
  }

  #requireOwnRegistry({ aws, images }: Environment): void {
    if (aws?.repositories !== true) return;
    const host = ecrHost(aws);
    requireThat(this, images?.registry.split('/')[0] === host, {
      subject: 'environment',
      property: 'images.registry',
      value: images?.registry ?? 'nothing',
      allowed: `below ${host} if aws.repositories is true`,
      because: 'pods would pull from another registry than the one that Pulumi creates',
    });
  }

  #requireReplicasWhereStrict({ strict, kafka, topics }: Environment): void {
    const { metadata, brokers, security } = kafka;
    const subject = 'environment';
    const because = 'the loss of one disk would lose events';
    requireThat(this, !strict || security.protocol === 'tls', {
      subject,
      property: 'kafka.security.protocol',
      value: security.protocol,
      allowed: 'tls if strict is true',
    });
    requireThat(this, !strict || brokers >= 3, {
      subject,
      property: 'kafka.brokers',
      value: brokers,
      allowed: 'at least 3 if strict is true',
      because,
    });
    requireThat(this, !strict || metadata.mode === 'kraft' || metadata.ensemble.servers >= 3, {
      subject,
      property: 'kafka.metadata.ensemble.servers',
      value: metadata.mode === 'kraft' ? 0 : metadata.ensemble.servers,
      allowed: 'at least 3 if strict is true',
      because: 'the loss of one disk would lose the metadata of every topic',
    });
    for (const [name, { replicationFactor }] of Object.entries(topics)) {
      requireThat(this, !strict || replicationFactor >= 2, {
        subject: `topic ${name}`,
        property: 'replicationFactor',
        value: replicationFactor,
        allowed: 'at least 2 if strict is true',
        because,
      });
    }
  }

  #metadata(
    environment: Environment,
    shared: {
      readonly namespace: string;
      readonly clusterDomain: string;
      readonly spread: Environment['spread'];
    },
  ): KafkaMetadata {
    const { metadata } = environment.kafka;
    const session = metadata.sessionTimeout !== undefined && {
      sessionTimeout: toDuration(metadata.sessionTimeout),
    };
    if (metadata.mode === 'kraft') {
      const { version, clusterId, controllers } = metadata;
      if (controllers.placement === 'combined') return kraft({ version, clusterId, controllers, ...session });
      const { placement, replicas, volume, resources, heap } = controllers;
      return kraft({
        version,
        clusterId,
        controllers: {
          placement,
          replicas,
          volume: toSize(volume),
          cpuMillicores: resources.cpuMillicores,
          memory: toSize(resources.memory),
          ...(heap !== undefined && { heap: toSize(heap) }),
        },
        ...session,
      });
    }
    const { ensemble, version } = metadata;
    const servers = new ZooKeeper(this, 'ZooKeeper', {
      ...shared,
      image: ownReferences(environment.images?.registry)['zookeeper:3.9.5'],
      servers: ensemble.servers,
      cpuMillicores: ensemble.resources.cpuMillicores,
      memory: toSize(ensemble.resources.memory),
      ...(ensemble.heap !== undefined && { heap: toSize(ensemble.heap) }),
      dataVolume: toSize(ensemble.dataVolume),
      transactionLogVolume: toSize(ensemble.transactionLogVolume),
    });
    return zookeeper(servers, { version, ...session });
  }
}

function readSecurity(security: Environment['kafka']['security']): KafkaSecurity {
  if (security.protocol === 'plaintext') return security;
  const { protocol, certificateSecret, clusterIssuer, authentication } = security;
  return {
    protocol,
    certificateSecret,
    clientAuthentication: authentication.mechanism,
    ...(clusterIssuer !== undefined && { clusterIssuer }),
  };
}
