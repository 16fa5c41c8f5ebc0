import type { Refusal } from './refusal.ts';

/** What namespaces, network, images and the cloud refuse. */
export const surroundingRefusals: readonly Refusal[] = [
  {
    configuration: 'A namespace over RFC 1123',
    changes: { 'namespaces.pipeline': 'Head_Water' },
    message:
      'namespaces.pipeline: must be a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end, got "Head_Water"',
  },
  {
    configuration: 'A namespace of more than 63 characters',
    changes: { 'namespaces.pipeline': 'a'.repeat(64) },
    message: `namespaces.pipeline: must be a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end, got "${'a'.repeat(64)}"`,
  },
  {
    configuration: 'One namespace for pipeline and logs',
    changes: { 'namespaces.logging': 'headwater' },
    message:
      'namespaces: must be three different names: each has its own Pod Security level, got {"pipeline":"headwater","logging":"headwater","ingress":"ingress-nginx"}',
  },
  {
    configuration: 'The namespace default',
    changes: { 'namespaces.pipeline': 'default' },
    message: 'namespaces.pipeline: must be a dedicated namespace, neither default nor kube-*, got "default"',
  },
  {
    configuration: 'An address that is no block',
    changes: { 'network.apiServerCidrs': ['10.0.0.0'] },
    message:
      'network.apiServerCidrs.0: must be an IPv4 block in CIDR notation, such as 10.0.0.0/16, got "10.0.0.0"',
  },
  {
    configuration: 'The same addresses twice',
    changes: { 'network.apiServerCidrs': ['10.0.0.0/16', '10.0.0.0/16'] },
    message:
      'network.apiServerCidrs: must be a list with each element once, got ["10.0.0.0/16","10.0.0.0/16"]',
  },
  {
    configuration: 'The same addresses of an external service twice',
    changes: { 'network.searchCidrs': ['10.1.0.0/16', '10.1.0.0/16'] },
    message: 'network.searchCidrs: must be a list with each element once, got ["10.1.0.0/16","10.1.0.0/16"]',
  },
  {
    configuration: 'A store at an address that its network policy does not allow',
    environment: 'lab',
    changes: { 'network.objectStoreCidrs': ['10.2.0.0/16', '10.3.0.0/16'] },
    message:
      'environment: network.objectStoreCidrs must be blocks that include 172.30.0.1, the address of objectStore.endpoint, got 10.2.0.0/16, 10.3.0.0/16: its network policy would not allow any pod to call it',
  },
  {
    configuration: 'A store at a private address among public ones',
    environment: 'lab',
    changes: { 'network.objectStoreCidrs': 'public' },
    message:
      'environment: network.objectStoreCidrs must be blocks that include 172.30.0.1, the address of objectStore.endpoint, got public: its network policy would not allow any pod to call it',
  },
  {
    configuration: 'A search cluster at an address that its network policy does not allow',
    environment: 'lab',
    changes: { 'network.searchCidrs': ['10.1.0.0/16'] },
    message:
      'environment: network.searchCidrs must be blocks that include 172.30.0.1, the address of logging.search.endpoint, got 10.1.0.0/16: its network policy would not allow any pod to call it',
  },
  {
    configuration: 'A resolver without an address',
    changes: { 'network.dns': [{ kind: 'addresses', cidrs: [] }] },
    message: 'network.dns.0.cidrs: must be at least 1 long, got []',
  },
  {
    configuration: "Clients' addresses at a Gateway that cannot judge by them",
    changes: { 'network.edgeClientCidrs': ['203.0.113.0/24'], 'edge.implementation': 'nginx-gateway-fabric' },
    message:
      'edge: clientCidrs must be 0.0.0.0/0 if edge.kind is gateway and edge.implementation is not envoy-gateway, got 203.0.113.0/24: neither the Gateway API nor any other implementation can restrict it: every client would be admitted',
  },
  {
    configuration: 'A registry with a tag',
    changes: { images: { registry: 'registry.example.com/headwater:1' } },
    message:
      'images.registry: must be a host and a path without tag, such as registry.example.com/headwater, got "registry.example.com/headwater:1"',
  },
  {
    configuration: 'A label of the platform’s own for what Prometheus selects',
    changes: { monitoring: { kind: 'prometheus-operator', labels: { 'app.kubernetes.io/name': 'x' } } },
    message:
      'monitoring.labels.app.kubernetes.io/name: must be a label key, such as release, not below app.kubernetes.io/, got "app.kubernetes.io/name"',
  },
  {
    configuration: 'A label whose value is a sentence',
    changes: { monitoring: { kind: 'prometheus-operator', labels: { release: 'the stack' } } },
    message:
      'monitoring.labels.release: must be a label value: at most 63 of A-Z, a-z, 0-9, -, _ and ., a letter or digit at either end, got "the stack"',
  },
  {
    configuration: 'Runbooks at an address that is none',
    changes: { monitoring: { kind: 'prometheus-operator', runbooks: 'docs/runbooks/' } },
    message:
      'monitoring.runbooks: must be an address that begins with https:// and does not end in a slash, got "docs/runbooks/"',
  },
  {
    configuration: 'Repositories in ECR, and images from elsewhere',
    changes: { 'aws.repositories': true },
    message:
      'environment: images.registry must be below 123456789012.dkr.ecr.eu-central-1.amazonaws.com if aws.repositories is true, got nothing: pods would pull from another registry than the one that Pulumi creates',
  },
];
