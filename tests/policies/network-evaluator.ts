import { BlockList } from 'node:net';
import type { Manifest } from '../infra/manifests.ts';

/** One end of a connection, as a NetworkPolicy sees it. */
export type End =
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly address: string };

interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  namespaceSelector?: { matchLabels: Record<string, string> };
  podSelector?: { matchLabels: Record<string, string> };
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { protocol: string; port: number }[];
}
interface NetworkPolicy {
  metadata: { name: string; namespace: string };
  spec: {
    podSelector: { matchLabels?: Record<string, string> };
    policyTypes: string[];
    ingress?: Rule[];
    egress?: Rule[];
  };
}

/** The network policies among the objects. */
export function networkPolicies(objects: readonly Manifest[]): NetworkPolicy[] {
  return objects.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[];
}

/**
 * Whether a TCP connection may be opened, by the rules of the API: it needs the leave of both ends, an end that no policy
 * selects gives it to all, and the rules of several policies add up.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function mayConnect(
  objects: readonly Manifest[],
  from: End,
  to: End,
  port: number,
  protocol = 'TCP',
): boolean {
  return (
    allows(objects, from, to, 'Egress', port, protocol) &&
    allows(objects, to, from, 'Ingress', port, protocol)
  );
}

function allows(
  objects: readonly Manifest[],
  self: End,
  other: End,
  direction: 'Egress' | 'Ingress',
  port: number,
  protocol: string,
): boolean {
  if ('address' in self) return true;
  const selecting = networkPolicies(objects).filter(
    ({ metadata, spec }) =>
      metadata.namespace === self.namespace &&
      spec.policyTypes.includes(direction) &&
      matches(self.labels, spec.podSelector.matchLabels),
  );
  if (selecting.length === 0) return true;
  return selecting
    .flatMap(({ spec }) => (direction === 'Egress' ? spec.egress : spec.ingress) ?? [])
    .some((rule) => {
      const peers = (direction === 'Egress' ? rule.to : rule.from) ?? [];
      const ports = rule.ports ?? [];
      return (
        // What a rule leaves out, it leaves open.
        (peers.length === 0 || peers.some((peer) => isPeer(other, peer))) &&
        (ports.length === 0 || ports.some((open) => open.port === port && open.protocol === protocol))
      );
    });
}

function isPeer(end: End, { ipBlock, namespaceSelector, podSelector }: Peer): boolean {
  if ('address' in end) {
    return (
      ipBlock !== undefined &&
      contains(ipBlock.cidr, end.address) &&
      !(ipBlock.except ?? []).some((cidr) => contains(cidr, end.address))
    );
  }
  if (ipBlock !== undefined) return false;
  const namespace = { 'kubernetes.io/metadata.name': end.namespace };
  return matches(namespace, namespaceSelector?.matchLabels) && matches(end.labels, podSelector?.matchLabels);
}

function matches(
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(selector).every(([label, value]) => labels[label] === value);
}

function contains(cidr: string, address: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const block = new BlockList();
  block.addSubnet(network, Number(bits));
  return block.check(address);
}
