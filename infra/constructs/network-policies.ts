import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels, type Identity } from './labels.ts';
import { requireThat } from './requirements.ts';

/** Who may stand at an end of a connection. */
export type NetworkPeer =
  /** Pods of ours. */
  | { readonly kind: 'workload'; readonly namespace: string; readonly identity: Identity }
  /** All pods of somebody's namespace. */
  | { readonly kind: 'namespace'; readonly namespace: string }
  /** Hosts outside the cluster, in CIDR notation. */
  | { readonly kind: 'addresses'; readonly cidrs: readonly string[] };

/** One end opens TCP connections to the ports of the other. */
export interface Connection {
  readonly from: NetworkPeer;
  readonly to: NetworkPeer;
  readonly ports: readonly number[];
}

export interface NetworkPoliciesProps {
  /** Everything that is allowed. At least one end of each is a workload. */
  readonly connections: readonly Connection[];
}

/** `NetworkPolicyPeer` and `NetworkPolicyPort` of the API, as far as they are used here. */
interface PolicyPeer {
  readonly ipBlock?: { readonly cidr: string };
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}
interface PolicyPort {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

const DNS_PORT = 53;
const DNS: PolicyPeer = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};

/**
 * One NetworkPolicy for each workload, out of one table of connections: what one end may send, the other may receive. Each
 * workload that opens connections may ask the cluster's DNS too.
 */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, props: NetworkPoliciesProps) {
    super(scope, id);
    const { connections } = props;
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
      const egress = egressRules(connections.filter(({ from }) => isSame(from, workload)));
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

function egressRules(connections: readonly Connection[]): { to: PolicyPeer[]; ports: PolicyPort[] }[] {
  if (connections.length === 0) return [];
  return [
    {
      to: [DNS],
      ports: (['UDP', 'TCP'] as const).map((protocol) => ({ protocol, port: DNS_PORT })),
    },
    ...connections.map(({ to, ports }) => ({ to: policyPeers(to), ports: policyPorts(ports) })),
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
      return peer.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
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
