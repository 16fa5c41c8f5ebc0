import { CONSUMER, CONSUMER_PORT } from '../constructs/events/consumer.ts';
import { FILEBEAT } from '../constructs/logs/filebeat.ts';
import { LOG_LANES } from '../constructs/logs/filebeat-configuration.ts';
import { FLUENTD } from '../constructs/logs/fluentd.ts';
import { FLUENTD_METRICS_PORT } from '../constructs/logs/fluentd-configuration.ts';
import { INGRESS_NGINX, INGRESS_NGINX_PORTS } from '../constructs/edge/ingress-nginx.ts';
import { INGRESS_NGINX_ADMISSION } from '../constructs/edge/ingress-nginx-certificate.ts';
import { KAFKA_CONTROLLERS } from '../constructs/kafka/kafka-controllers.ts';
import { LISTENER_PORTS } from '../constructs/kafka/kafka-listeners.ts';
import { METRICS_PORT } from '../constructs/kafka/kafka-properties.ts';
import { KAFKA_REST_BRIDGE, KAFKA_REST_BRIDGE_PORTS } from '../constructs/kafka/kafka-rest-bridge.ts';
import { KAFKA_UI, KAFKA_UI_PORT } from '../constructs/kafka/kafka-ui.ts';
import { KAFKA_USERS } from '../constructs/kafka/kafka-users.ts';
import { KAFKA_BROKERS } from '../constructs/kafka/kafka.ts';
import type { Identity } from '../constructs/workloads/labels.ts';
import { logIndexer } from '../constructs/logs/log-indexer.ts';
import { LOG_INDICES } from '../constructs/logs/log-indices.ts';
import type { Connection, NetworkPeer } from '../constructs/cluster/network-policies.ts';
import { PRODUCER, PRODUCER_PORT } from '../constructs/events/producer.ts';
import { TOPICS } from '../constructs/kafka/topics.ts';
import {
  ZOOKEEPER,
  ZOOKEEPER_CLIENT_PORT,
  ZOOKEEPER_LEADER_ELECTION_PORT,
  ZOOKEEPER_METRICS_PORT,
  ZOOKEEPER_PEER_PORT,
} from '../constructs/zookeeper/zookeeper.ts';
import type { Environment } from '../environments/environment.ts';
import { logBufferOf } from '../environments/logging.ts';
import type { Outside } from '../environments/outside.ts';
import { addressesOf } from './outside-addresses.ts';
import { portOf } from './port-of.ts';

/** The agent of EKS Pod Identity on each node. @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html */
const POD_IDENTITY = { cidrs: ['169.254.170.23/32'], port: 80 } as const;

/** The API server of most distributions, as a Service and as its endpoints. */
const API_SERVER_PORTS = [443, 6443];

/** Every connection of an environment's platform; the network policies allow no other. */
export function connections(environment: Environment): readonly Connection[] {
  return [
    ...messaging(environment),
    ...collection(environment),
    ...edge(environment),
    ...logging(environment),
  ];
}

function messaging({ namespaces, kafka, network }: Environment): readonly Connection[] {
  const pipeline = workloadsOf(namespaces.pipeline);
  const brokers = pipeline(KAFKA_BROKERS);
  const monitoring = namespace(network.monitoringNamespace);
  const { controller, replication, external } = LISTENER_PORTS;
  const between: Connection[] = [
    // Each broker asks its peers whether its own replicas are in sync, like any client.
    { from: brokers, to: brokers, ports: [replication, clientsPort(kafka)] },
    { from: monitoring, to: brokers, ports: [METRICS_PORT] },
    { from: pipeline(TOPICS), to: brokers, ports: [clientsPort(kafka)] },
  ];
  if (kafka.security.protocol === 'tls' && kafka.security.authentication.mechanism === 'scram-sha-512') {
    between.push({ from: pipeline(KAFKA_USERS), to: brokers, ports: [replication] });
  }
  if (kafka.exposure.kind !== 'none') {
    between.push({ from: addresses(network.kafkaClientCidrs), to: brokers, ports: [external] });
  }
  if (kafka.metadata.mode === 'zookeeper') {
    const servers = pipeline(ZOOKEEPER);
    between.push(
      { from: brokers, to: servers, ports: [ZOOKEEPER_CLIENT_PORT] },
      { from: servers, to: servers, ports: [ZOOKEEPER_PEER_PORT, ZOOKEEPER_LEADER_ELECTION_PORT] },
      { from: monitoring, to: servers, ports: [ZOOKEEPER_METRICS_PORT] },
    );
  } else if (kafka.metadata.controllers.placement === 'combined') {
    between.push({ from: brokers, to: brokers, ports: [controller] });
  } else {
    const controllers = pipeline(KAFKA_CONTROLLERS);
    between.push(
      { from: brokers, to: controllers, ports: [controller] },
      { from: controllers, to: controllers, ports: [controller] },
      { from: monitoring, to: controllers, ports: [METRICS_PORT] },
    );
  }
  return between;
}

function collection(environment: Environment): readonly Connection[] {
  const { namespaces, kafka, network, objectStore, consumer, restBridge, kafkaUi } = environment;
  const pipeline = workloadsOf(namespaces.pipeline);
  const brokers = pipeline(KAFKA_BROKERS);
  const monitoring = namespace(network.monitoringNamespace);
  const ports = [clientsPort(kafka)];
  return [
    { from: pipeline(PRODUCER), to: brokers, ports },
    { from: monitoring, to: pipeline(PRODUCER), ports: [PRODUCER_PORT] },
    { from: pipeline(CONSUMER), to: brokers, ports },
    {
      from: pipeline(CONSUMER),
      to: addressesOf(network.objectStoreCidrs),
      ports: [portOf(objectStore.endpoint)],
    },
    { from: monitoring, to: pipeline(CONSUMER), ports: [CONSUMER_PORT] },
    ...(objectStore.credentials.kind === 'pod-identity'
      ? [{ from: pipeline(CONSUMER), to: addresses(POD_IDENTITY.cidrs), ports: [POD_IDENTITY.port] }]
      : []),
    ...(consumer.replicas.max > consumer.replicas.min
      ? [{ from: namespace(network.kedaNamespace ?? 'keda'), to: brokers, ports }]
      : []),
    ...(restBridge === undefined ? [] : bridge(environment, restBridge.clients)),
    ...(kafkaUi === undefined ? [] : [{ from: pipeline(KAFKA_UI), to: brokers, ports }]),
    ...(kafkaUi?.access.kind === 'public' ? [login(pipeline(KAFKA_UI), kafkaUi.access.oauthProvider)] : []),
  ];
}

function login(
  from: NetworkPeer,
  { cidrs, port }: { readonly cidrs: Outside; readonly port: number },
): Connection {
  return { from, to: addressesOf(cidrs), ports: [port] };
}

function bridge(
  { namespaces, kafka }: Environment,
  clients: NonNullable<Environment['restBridge']>['clients'],
): readonly Connection[] {
  const pipeline = workloadsOf(namespaces.pipeline);
  const to = pipeline(KAFKA_REST_BRIDGE);
  const ports = [KAFKA_REST_BRIDGE_PORTS.http];
  return [
    { from: to, to: pipeline(KAFKA_BROKERS), ports: [clientsPort(kafka)] },
    ...clients.namespaces.map((name) => ({ from: namespace(name), to, ports })),
    ...(clients.cidrs.length > 0 ? [{ from: addresses(clients.cidrs), to, ports }] : []),
  ];
}

function edge({ namespaces, edge: settings, kafkaUi, network }: Environment): readonly Connection[] {
  const pipeline = workloadsOf(namespaces.pipeline);
  const controller = workloadsOf(namespaces.ingress)(INGRESS_NGINX);
  const ours = settings.kind === 'ingress' && settings.controller !== undefined;
  const dataPlane = settings.kind === 'gateway' ? settings.dataPlaneNamespace : namespaces.ingress;
  const from = ours ? controller : namespace(dataPlane);
  const passedOn: Connection[] = [{ from, to: pipeline(PRODUCER), ports: [PRODUCER_PORT] }];
  if (kafkaUi?.access.kind === 'public') {
    passedOn.push({ from, to: pipeline(KAFKA_UI), ports: [KAFKA_UI_PORT] });
  }
  if (!ours) return passedOn;

  const apiServer = addresses(network.apiServerCidrs);
  const { apiServerPorts = API_SERVER_PORTS } = network;
  const { http, https, webhook, metrics } = INGRESS_NGINX_PORTS;
  return [
    ...passedOn,
    { from: addresses(network.edgeClientCidrs), to: controller, ports: [http, https] },
    { from: apiServer, to: controller, ports: [webhook] },
    { from: namespace(network.monitoringNamespace), to: controller, ports: [metrics] },
    { from: controller, to: apiServer, ports: apiServerPorts },
    ...(settings.controller?.webhookCertificate === 'job'
      ? [
          {
            from: workloadsOf(namespaces.ingress)(INGRESS_NGINX_ADMISSION),
            to: apiServer,
            ports: apiServerPorts,
          },
        ]
      : []),
  ];
}

function logging({ namespaces, kafka, network, logging: settings }: Environment): readonly Connection[] {
  const logs = workloadsOf(namespaces.logging);
  const brokers = workloadsOf(namespaces.pipeline)(KAFKA_BROKERS);
  const apiServer = addresses(network.apiServerCidrs);
  const { apiServerPorts = API_SERVER_PORTS } = network;
  const toSearch = { to: addressesOf(network.searchCidrs), ports: [portOf(settings.search.endpoint)] };
  const toKafka = { to: brokers, ports: [clientsPort(kafka)] };
  const buffer = logBufferOf(settings);
  const collector = logs(settings.collector === 'fluentd' ? FLUENTD : FILEBEAT);
  return [
    { from: collector, to: apiServer, ports: apiServerPorts },
    { from: collector, ...(buffer === undefined ? toSearch : toKafka) },
    { from: logs(LOG_INDICES), ...toSearch },
    ...(settings.collector === 'fluentd'
      ? [{ from: namespace(network.monitoringNamespace), to: collector, ports: [FLUENTD_METRICS_PORT] }]
      : []),
    ...(buffer === undefined
      ? []
      : LOG_LANES.map((lane) => logs(logIndexer(lane))).flatMap((indexer) => [
          { from: indexer, ...toKafka },
          { from: indexer, ...toSearch },
        ])),
  ];
}

function clientsPort({ security }: Environment['kafka']): number {
  return security.protocol === 'tls' ? LISTENER_PORTS.clientsTls : LISTENER_PORTS.clientsPlaintext;
}

function workloadsOf(namespaceName: string): (identity: Identity) => NetworkPeer {
  return (identity) => ({ kind: 'workload', namespace: namespaceName, identity });
}

function namespace(name: string): NetworkPeer {
  return { kind: 'namespace', namespace: name };
}

function addresses(cidrs: readonly string[]): NetworkPeer {
  return { kind: 'addresses', cidrs };
}
