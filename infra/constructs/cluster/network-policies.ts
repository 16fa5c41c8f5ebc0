import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';
import { requireThat } from '../workloads/requirements.ts';

/** Who may stand at an end of a connection. */
export type NetworkPeer =
  /** Pods of ours. */
  | { readonly kind: 'workload'; readonly namespace: string; readonly identity: Identity }
  /** All pods of somebody's namespace. */
  | { readonly kind: 'namespace'; readonly namespace: string }
  /** Hosts outside the cluster, in CIDR notation. */
  | {
      readonly kind: 'addresses';
      readonly cidrs: readonly string[];
      /** Blocks within each of these that are left out. @default - none */
      readonly except?: readonly string[];
    };

/** One end opens TCP connections to the ports of the other. */
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

/** Who answers a pod's questions for names: pods, or addresses in the network of the node, which no label finds. */
export type Resolver =
  | {
      readonly kind: 'pods';
      readonly namespace: string;
      readonly labels: Readonly<Record<string, string>>;
      /** The pods' own port, not their Service's: a policy matches that one. @default 53 */
      readonly port?: number | undefined;
    }
  | {
      readonly kind: 'addresses';
      readonly cidrs: readonly string[];
      /** @default 53 */
      readonly port?: number | undefined;
    };

/**
 * What answers in most clusters: each is nobody where the cluster has another.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-dns
 */
const DEFAULT_DNS: readonly Resolver[] = [
  { kind: 'pods', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  { kind: 'addresses', cidrs: ['169.254.20.10/32', '169.254.169.254/32'] },
];

/** `NetworkPolicyPeer` and `NetworkPolicyPort` of the API, as far as they are used here. */
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
 * One NetworkPolicy for each workload, out of one table of connections: what one end may send, the other may receive. Each
 * workload that opens connections may ask the cluster's DNS too.
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
    // An empty list of peers would mean everybody.
    for (const peer of connections.flatMap(({ from, to }) => [from, to])) {
      requireThat(this, peer.kind !== 'addresses' || peer.cidrs.length > 0, {
        subject: 'network policies',
        property: 'cidrs',
        value: '[]',
        allowed: 'at least one block of addresses',
        because: 'a rule without peers lets everybody through',
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
        // The API server stores no empty list, and would count each application of one as a change.
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
