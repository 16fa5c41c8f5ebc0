import { z } from 'zod';
import { cidr, dnsLabel, labelKey, labelValue } from './names.ts';
import { outside } from './outside.ts';

/** Port on which a resolver's own pods listen, behind their Service. @default 53 */
const resolverPort = z.int().min(1).max(65_535).optional();

/** Who answers a pod's questions for names. */
const resolver = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pods'),
    namespace: dnsLabel,
    labels: z.record(labelKey, labelValue),
    port: resolverPort,
  }),
  /** Resolvers in the network of the node, which no label finds. */
  z.strictObject({ kind: z.literal('addresses'), cidrs: z.array(cidr).min(1), port: resolverPort }),
]);

/** Peers of our pods that are not ours: a NetworkPolicy names them by namespace or address. */
export const network = z.strictObject({
  /** Every resolver of the cluster; docs/network.md has them for each kind of cluster. @default the pods `k8s-app: kube-dns` of kube-system, NodeLocal DNSCache and Cloud DNS of GKE */
  dns: z.array(resolver).min(1).optional(),
  /** Addresses of the API server: collectors ask it for pods, the admission webhook is called from it. */
  apiServerCidrs: z.array(cidr).min(1),
  /** Its ports, as its Service has them and as it binds them: a policy is judged before or after that, as the cluster's network does it. @default 443 and 6443 */
  apiServerPorts: z.array(z.int().min(1).max(65_535)).min(1).optional(),
  objectStoreCidrs: outside,
  searchCidrs: outside,
  /** Addresses from which the edge may be called; behind a Gateway only Envoy Gateway can judge by them. */
  edgeClientCidrs: z.array(cidr).min(1),
  /** Addresses from which exposed brokers may be called. */
  kafkaClientCidrs: z.array(cidr),
  /** Namespace from which metrics are scraped. */
  monitoringNamespace: dnsLabel,
  /** Namespace from which KEDA asks the brokers for lag. @default keda */
  kedaNamespace: dnsLabel.optional(),
});
