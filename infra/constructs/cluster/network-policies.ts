import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';
import { requireThat } from '../workloads/requirements.ts';

/** One end of a connection. */
export type NetworkPeer =
  /** Pods of this platform. */
  | { readonly kind: 'workload'; readonly namespace: string; readonly identity: Identity }
  /** All pods of another namespace. */
  | { readonly kind: 'namespace'; readonly namespace: string }
  /** Hosts outside the cluster, in CIDR notation. */
  | {
      readonly kind: 'addresses';
      readonly cidrs: readonly string[];
      /** Blocks to exclude. @default - none */
      readonly except?: readonly string[];
    };

/** `from` opens TCP connections to the ports of `to`. */
export interface Connection {
  readonly from: NetworkPeer;
  readonly to: NetworkPeer;
  readonly ports: readonly number[];
}

export interface NetworkPoliciesProps {
  /** Everything that is allowed. At least one end of each is a workload. */
  readonly connections: readonly Connection[];
  /** Every resolver of the cluster. @default - CoreDNS as Kubernetes installs it, NodeLocal DNSCache, and Cloud DNS of GKE */
  readonly dns?: readonly Resolver[];
}

/** DNS resolvers: pods, or addresses in the node's network, which no label selects. */
export type Resolver =
  | {
      readonly kind: 'pods';
      readonly namespace: string;
      readonly labels: Readonly<Record<string, string>>;
      /** The port of the pods, not of their Service: a policy matches the former. @default 53 */
      readonly port?: number | undefined;
    }
  | {
      readonly kind: 'addresses';
      readonly cidrs: readonly string[];
      /** @default 53 */
      readonly port?: number | undefined;
    };

/**
 * The resolvers of most clusters. An entry without a matching resolver has no effect.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-dns
 */
const DEFAULT_DNS: readonly Resolver[] = [
  { kind: 'pods', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  { kind: 'addresses', cidrs: ['169.254.20.10/32', '169.254.169.254/32'] },
];

/** The fields of `NetworkPolicyPeer` and `NetworkPolicyPort` that are used here. */
interface PolicyPeer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}
interface PolicyPort {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

/**
 * One NetworkPolicy for each workload, from one table of connections: what one end may send, the other may receive. A
 * workload that opens connections may also query the cluster's DNS.
 */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, props: NetworkPoliciesProps) {
    super(scope, id);
    const { connections, dns = DEFAULT_DNS } = props;
    for (const { from, to, ports } of connections) {
      requireThat(this, from.kind === 'workload' || to.kind === 'workload', {
        subject: 'network policies',
        property: 'connections',
        value: `${describePeer(from)} to ${describePeer(to)} on ${ports.join(', ')}`,
        allowed: 'connections of a workload: a policy stands at pods of ours',
      });
    }
    // An empty list of peers would allow all peers.
    for (const peer of connections.flatMap(({ from, to }) => [from, to])) {
      requireThat(this, peer.kind !== 'addresses' || peer.cidrs.length > 0, {
        subject: 'network policies',
        property: 'cidrs',
        value: '[]',
        allowed: 'at least one block of addresses',
        because: 'a rule without peers allows every client',
      });
    }
    for (const workload of workloadsOf(connections)) {
      const { namespace, identity } = workload;
      const name = `${identity.name}-${identity.component}`;
      const ingress = connections
        .filter(({ to }) => isSame(to, workload))
        .map(({ from, ports }) => ({ from: policyPeers(from), ports: policyPorts(ports) }));
      const egress = egressRules(
        connections.filter(({ from }) => isSame(from, workload)),
        dns,
      );
      const spec = {
        podSelector: { matchLabels: selectorLabels(identity) },
        policyTypes: ['Egress', 'Ingress'],
        // The API server does not store an empty list, so every apply would show a change.
        ...(ingress.length > 0 && { ingress }),
        ...(egress.length > 0 && { egress }),
      };
      new ApiObject(this, `${namespace}-${name}`, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name, namespace, labels: objectLabels(identity) },
        spec,
      });
    }
  }
}

type WorkloadPeer = Extract<NetworkPeer, { kind: 'workload' }>;

/** Each workload once, by namespace and name. */
function workloadsOf(connections: readonly Connection[]): readonly WorkloadPeer[] {
  const workloads = connections
    .flatMap(({ from, to }) => [from, to])
    .filter((peer) => peer.kind === 'workload')
    .map((peer) => [describePeer(peer), peer] as const);
  return [...new Map(workloads)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, peer]) => peer);
}

function egressRules(
  connections: readonly Connection[],
  dns: readonly Resolver[],
): { to: PolicyPeer[]; ports: PolicyPort[] }[] {
  if (connections.length === 0) return [];
  const dnsPorts = [...new Set(dns.map(portOfResolver))];
  return [
    ...dnsPorts.map((port) => ({
      to: dns.filter((resolver) => portOfResolver(resolver) === port).flatMap(resolverPeers),
      ports: (['UDP', 'TCP'] as const).map((protocol) => ({ protocol, port })),
    })),
    ...connections.map(({ to, ports }) => ({ to: policyPeers(to), ports: policyPorts(ports) })),
  ];
}

function portOfResolver({ port = 53 }: Resolver): number {
  return port;
}

function resolverPeers(resolver: Resolver): PolicyPeer[] {
  if (resolver.kind === 'addresses') return resolver.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
  const { namespace, labels } = resolver;
  return [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      podSelector: { matchLabels: labels },
    },
  ];
}

function policyPeers(peer: NetworkPeer): PolicyPeer[] {
  switch (peer.kind) {
    case 'workload':
      return [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } },
          podSelector: { matchLabels: selectorLabels(peer.identity) },
        },
      ];
    case 'namespace':
      return [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } } }];
    case 'addresses':
      return peer.cidrs.map((cidr) => ({
        ipBlock: { cidr, ...(peer.except !== undefined && { except: peer.except }) },
      }));
  }
}

function policyPorts(ports: readonly number[]): PolicyPort[] {
  return ports.map((port) => ({ protocol: 'TCP', port }));
}

function isSame(peer: NetworkPeer, workload: WorkloadPeer): boolean {
  return describePeer(peer) === describePeer(workload);
}

function describePeer(peer: NetworkPeer): string {
  switch (peer.kind) {
    case 'workload':
      return `${peer.namespace}/${peer.identity.name}-${peer.identity.component}`;
    case 'namespace':
      return `namespace ${peer.namespace}`;
    case 'addresses':
      return peer.cidrs.join(', ');
  }
}
