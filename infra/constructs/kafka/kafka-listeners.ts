/** Ports of a node, by listener. */
export const LISTENER_PORTS = {
  controller: 9090,
  replication: 9091,
  clientsPlaintext: 9092,
  clientsTls: 9093,
  external: 9094,
} as const;

/**
 * How external clients connect to the brokers. Each broker needs its own address: the bootstrap tells a client which
 * broker leads a partition, and the client must connect to that one.
 */
export type KafkaExposure =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'node-port';
      /** External host name of each broker, by its id; points to the node where that broker runs. */
      readonly hosts: readonly string[];
      /** Port of the bootstrap Service; broker n has this port plus 1 plus n. */
      readonly firstNodePort: number;
    }
  | {
      readonly kind: 'load-balancer';
      /** Host name of each broker's load balancer, by the broker's id. */
      readonly hosts: readonly string[];
      readonly bootstrapHost: string;
      /** Annotations of each Service, by which a cloud is told what kind of balancer to make. @default - none */
      readonly annotations?: Readonly<Record<string, string>> | undefined;
    };

/**
 * Protection of the listeners. With TLS, brokers authenticate each other by certificate, and clients authenticate by
 * certificate or SCRAM.
 */
export type KafkaSecurity =
  | { readonly protocol: 'plaintext' }
  | {
      readonly protocol: 'tls';
      /** Secret with `tls.crt`, `tls.key` (PKCS #8) and `ca.crt`. */
      readonly certificateSecret: string;
      /**
       * ClusterIssuer of cert-manager that creates the Secret. @default - the Secret is created outside the manifests
       */
      readonly clusterIssuer?: string;
      readonly clientAuthentication: 'none' | 'scram-sha-512';
    };

/** The properties of a node that its listeners need. */
export interface KafkaNode {
  readonly id: number;
  /** Position among the pods of its set. */
  readonly ordinal: number;
  /** Host name inside the cluster. */
  readonly host: string;
  readonly roles: readonly ('broker' | 'controller')[];
}

type Protocol = 'PLAINTEXT' | 'SSL' | 'SASL_SSL';

interface Listener {
  readonly name: 'CONTROLLER' | 'REPLICATION' | 'CLIENTS' | 'EXTERNAL';
  readonly port: number;
  readonly protocol: Protocol;
  /** Advertised addresses. @default - none: controllers are found by the quorum's list */
  readonly advertised?: string;
}

/** Port for clients inside the cluster. */
export function clientsPort(security: KafkaSecurity): number {
  return security.protocol === 'tls' ? LISTENER_PORTS.clientsTls : LISTENER_PORTS.clientsPlaintext;
}

/** NodePort of one broker's own Service. */
export function brokerNodePort(firstNodePort: number, brokerId: number): number {
  return firstNodePort + 1 + brokerId;
}

/**
 * Listener properties of one node: bound and advertised addresses, and their protection. Names are `CONTROLLER` (KRaft
 * only), `REPLICATION` between brokers, `CLIENTS` inside the cluster, and `EXTERNAL` if exposed.
 */
export function listenerProperties(
  node: KafkaNode,
  security: KafkaSecurity,
  exposure: KafkaExposure,
): Record<string, string> {
  const listeners = listenersOf(node, security, exposure);
  const advertised = listeners.filter((listener) => listener.advertised !== undefined);
  return {
    listeners: listeners.map(({ name, port }) => `${name}://:${port}`).join(','),
    ...(advertised.length > 0 && {
      'advertised.listeners': advertised.map(({ name, advertised: to }) => `${name}://${to ?? ''}`).join(','),
    }),
  };
}

/** Protocols of every listener in the cluster; a node must also know those that it only connects to. */
export function protocolMap(
  security: KafkaSecurity,
  exposure: KafkaExposure,
  controllers: boolean,
): Record<string, string> {
  const node: KafkaNode = {
    id: 0,
    ordinal: 0,
    host: '',
    roles: controllers ? ['broker', 'controller'] : ['broker'],
  };
  const listeners = listenersOf(node, security, exposure);
  return {
    'listener.security.protocol.map': listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(','),
  };
}

function listenersOf(node: KafkaNode, security: KafkaSecurity, exposure: KafkaExposure): readonly Listener[] {
  const { id, host, roles } = node;
  const between: Protocol = security.protocol === 'tls' ? 'SSL' : 'PLAINTEXT';
  const clients: Protocol =
    security.protocol === 'tls' && security.clientAuthentication === 'scram-sha-512' ? 'SASL_SSL' : between;
  const port = clientsPort(security);
  const { controller, replication, external } = LISTENER_PORTS;
  const listeners: Listener[] = [];
  if (roles.includes('controller')) {
    listeners.push({ name: 'CONTROLLER', port: controller, protocol: between });
  }
  if (roles.includes('broker')) {
    listeners.push(
      { name: 'REPLICATION', port: replication, protocol: between, advertised: `${host}:${replication}` },
      { name: 'CLIENTS', port, protocol: clients, advertised: `${host}:${port}` },
    );
    const outside = externalAddress(exposure, id);
    if (outside !== undefined) {
      listeners.push({ name: 'EXTERNAL', port: external, protocol: clients, advertised: outside });
    }
  }
  return listeners;
}

function externalAddress(exposure: KafkaExposure, brokerId: number): string | undefined {
  if (exposure.kind === 'none') return undefined;
  // The construct reports a list that is too short; building continues so that all errors are reported.
  const host = exposure.hosts[brokerId] ?? '';
  return exposure.kind === 'node-port'
    ? `${host}:${brokerNodePort(exposure.firstNodePort, brokerId)}`
    : `${host}:${LISTENER_PORTS.external}`;
}
