import { Duration, type Size } from 'cdk8s';
import { replicationDefaults, topicDefaults } from '../../kafka-defaults.ts';
import {
  LISTENER_PORTS,
  protocolMap,
  type KafkaExposure,
  type KafkaNode,
  type KafkaSecurity,
} from './kafka-listeners.ts';
import type { KafkaMetadata } from './kafka-metadata.ts';

/** Where a node's configuration is mounted. */
export const CONFIG_PATH = '/etc/headwater';
/** Where the certificate's Secret is mounted. */
export const CERTIFICATE_PATH = '/etc/headwater-certificate';
/** Where a node's volume is mounted. */
export const VOLUME_PATH = '/var/lib/kafka/data';
/** A subdirectory of the mount: Kafka takes `lost+found` in its log directory for a topic and does not start. */
const LOG_PATH = `${VOLUME_PATH}/log`;
/** Port of the Prometheus agent. */
export const METRICS_PORT = 9404;
/**
 * How long a starting broker waits for the ensemble, which may start at the same time. With Kafka's default, the
 * session timeout, the broker would exit again and again, with a growing restart backoff.
 */
const ENSEMBLE_PATIENCE = Duration.minutes(5);

export type Properties = Readonly<Record<string, string | number | boolean>>;

export interface ServerSettings {
  readonly metadata: KafkaMetadata;
  readonly brokers: number;
  readonly minInSyncReplicas: number;
  readonly maxMessage: Size;
  readonly security: KafkaSecurity;
  readonly exposure: KafkaExposure;
  /** Members of the metadata quorum; empty with ZooKeeper. */
  readonly quorum: readonly KafkaNode[];
}

/**
 * Properties that all brokers share; those of single nodes are in `listenerProperties` and `nodeProperties`.
 *
 * @see https://kafka.apache.org/39/configuration/broker-configs/
 */
export function brokerProperties(settings: ServerSettings): Properties {
  const { metadata, brokers, maxMessage, security } = settings;
  const messageBytes = maxMessage.toKibibytes() * 1024;
  return {
    ...commonProperties(settings),
    ...clusterProperties(settings),
    ...topicDefaults(brokers),
    'controlled.shutdown.enable': true,
    'group.initial.rebalance.delay.ms': brokers === 1 ? 0 : 3000,
    'inter.broker.listener.name': 'REPLICATION',
    'message.max.bytes': messageBytes,
    // A follower that cannot fetch the largest batch would never return to the ISR.
    'replica.fetch.max.bytes': messageBytes,
    ...metadataProperties(metadata),
    ...(security.protocol === 'tls' &&
      security.clientAuthentication === 'scram-sha-512' &&
      scramProperties()),
  };
}

/** Properties of dedicated controllers. */
export function controllerProperties(settings: ServerSettings): Properties {
  return { ...commonProperties(settings), ...clusterProperties(settings), 'process.roles': 'controller' };
}

/**
 * Properties that the active controller applies to the whole cluster. With ZooKeeper it is one of the brokers; a KRaft
 * controller uses its own file and ignores the brokers' files.
 */
function clusterProperties({ metadata, brokers, minInSyncReplicas }: ServerSettings): Properties {
  return {
    ...replicationDefaults(brokers),
    // Returns leadership to the preferred replica; otherwise a restarted broker leads no partition.
    'auto.leader.rebalance.enable': true,
    // A new KRaft cluster takes this from its first controller, as a dynamic value that overrides the brokers' files.
    'min.insync.replicas': minInSyncReplicas,
    ...(metadata.mode === 'kraft' &&
      metadata.sessionTimeout && { 'broker.session.timeout.ms': metadata.sessionTimeout.toMilliseconds() }),
  };
}

function commonProperties({ metadata, security, exposure, quorum }: ServerSettings): Properties {
  return {
    'log.dirs': LOG_PATH,
    ...protocolMap(security, exposure, metadata.mode === 'kraft'),
    ...(metadata.mode === 'kraft' && {
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.voters': quorum
        .map(({ id, host }) => `${id}@${host}:${LISTENER_PORTS.controller}`)
        .join(','),
    }),
    ...(security.protocol === 'tls' && tlsProperties()),
  };
}

function metadataProperties(metadata: KafkaMetadata): Properties {
  if (metadata.mode === 'zookeeper') {
    const { endpoint, sessionTimeout } = metadata;
    return {
      'zookeeper.connect': `${endpoint.connect}/kafka`,
      'zookeeper.connection.timeout.ms': ENSEMBLE_PATIENCE.toMilliseconds(),
      ...(sessionTimeout && { 'zookeeper.session.timeout.ms': sessionTimeout.toMilliseconds() }),
    };
  }
  return { 'process.roles': metadata.controllers.placement === 'combined' ? 'broker,controller' : 'broker' };
}

/**
 * Kafka's directory provider reads key and certificates from the mounted Secret, so they appear in no ConfigMap,
 * variable or shell.
 */
function tlsProperties(): Properties {
  const file = (name: string): string => `\${directory:${CERTIFICATE_PATH}:${name}}`;
  return {
    'config.providers': 'directory',
    'config.providers.directory.class': 'org.apache.kafka.common.config.provider.DirectoryConfigProvider',
    'config.providers.directory.param.allowed.paths': CERTIFICATE_PATH,
    // Brokers and controllers authenticate by certificate; clients need none.
    'listener.name.controller.ssl.client.auth': 'required',
    'listener.name.replication.ssl.client.auth': 'required',
    'ssl.enabled.protocols': 'TLSv1.3,TLSv1.2',
    'ssl.keystore.certificate.chain': file('tls.crt'),
    'ssl.keystore.key': file('tls.key'),
    'ssl.keystore.type': 'PEM',
    'ssl.truststore.certificates': file('ca.crt'),
    'ssl.truststore.type': 'PEM',
  };
}

function scramProperties(): Properties {
  return {
    'listener.name.clients.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.external.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
  };
}
