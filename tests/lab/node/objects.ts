import { DNS_ADDRESS, NODE_ADDRESS } from '../place.ts';

/** By which a StorageClass calls the lab's provisioner. */
export const PROVISIONER = 'headwater.lab/directory';

/** What a cluster brings to every user: name resolution, volumes, an ingress class, metrics of pods. */
export const CLUSTER_OBJECTS: readonly object[] = [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'directory',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: PROVISIONER,
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  },
  ...serviceOfNode({
    name: 'kube-dns',
    clusterIP: DNS_ADDRESS,
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53 },
    ],
  }),
  ...serviceOfNode({ name: 'metrics-server', ports: [{ name: 'https', protocol: 'TCP', port: 4443 }] }),
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'metrics-server', namespace: 'kube-system', port: 4443 },
    },
  },
];

interface NodeService {
  readonly name: string;
  readonly clusterIP?: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** A Service of `kube-system` that a process of the node serves. */
function serviceOfNode({ name, clusterIP, ports }: NodeService): object[] {
  const metadata = { name, namespace: 'kube-system' };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports, ...(clusterIP && { clusterIP }) } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        ...metadata,
        labels: {
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'headwater-lab',
        },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [NODE_ADDRESS], conditions: { ready: true } }],
      ports,
    },
  ];
}
