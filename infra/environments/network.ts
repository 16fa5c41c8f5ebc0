import { z } from 'zod';
import { distinct } from './distinct.ts';
import { cidr, dnsLabel, labelKey, labelValue } from './names.ts';
import { outside } from './outside.ts';

/** Port of the resolver's pods, behind their Service. @default 53 */
const resolverPort = z.int().min(1).max(65_535).optional();

/** DNS resolvers of pods. */
const resolver = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pods'),
    namespace: dnsLabel,
    labels: z.record(labelKey, labelValue),
    port: resolverPort,
  }),
  /** Resolvers in the node's network, which no label selects. */
  z.strictObject({ kind: z.literal('addresses'), cidrs: distinct(cidr).min(1), port: resolverPort }),
]);

/** External peers of our pods; a NetworkPolicy names them by namespace or address. */
export const network = z.strictObject({
  /** Every resolver of the cluster; docs/network.md has them for each kind of cluster. @default the pods `k8s-app: kube-dns` of kube-system, NodeLocal DNSCache and Cloud DNS of GKE */
  dns: z.array(resolver).min(1).optional(),
  /** Addresses of the API server: collectors read pods from it, and it calls the admission webhook. */
  apiServerCidrs: distinct(cidr).min(1),
  /**
   * Its ports, of its Service and of its endpoints: depending on the cluster's network, a policy applies before or
   * after the translation. @default 443 and 6443
   */
  apiServerPorts: distinct(z.int().min(1).max(65_535)).min(1).optional(),
  objectStoreCidrs: outside,
  searchCidrs: outside,
  /** Addresses from which the edge may be called; of the Gateways, only Envoy Gateway supports it. */
  edgeClientCidrs: distinct(cidr).min(1),
  /** Addresses from which exposed brokers may be called. */
  kafkaClientCidrs: distinct(cidr),
  /** Namespace from which metrics are scraped. */
  monitoringNamespace: dnsLabel,
  /** Namespace from which KEDA asks the brokers for lag. @default keda */
  kedaNamespace: dnsLabel.optional(),
});
