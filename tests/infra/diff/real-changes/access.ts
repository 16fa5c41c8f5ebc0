import type { RealChange } from './real-change.ts';

/** Who is let in, and what processes may do. */
export const accessChanges: readonly RealChange[] = [
  {
    what: 'serves another host',
    environment: 'production',
    edit: { values: { 'edge.host': 'events.example.com' } },
    consequence: 'exposure',
    object: 'Gateway headwater/collect',
    path: 'spec.listeners[https].hostname',
    evidence: 'applied, new generation; no pod template changed',
  },
  {
    what: 'gives the edge a load balancer',
    environment: 'dev',
    edit: { values: { 'edge.controller.service': 'LoadBalancer' } },
    consequence: 'exposure',
    object: 'Service ingress-nginx/ingress-nginx-controller',
    path: 'spec.type',
    evidence: 'applied; no pod template changed',
  },
  {
    what: 'lets pods call more addresses',
    environment: 'production',
    edit: { values: { 'network.searchCidrs': ['10.1.0.0/16', '10.3.0.0/16'] } },
    consequence: 'exposure',
    object: 'NetworkPolicy headwater-logging/fluentd-logging',
    path: 'spec.egress',
  },
  {
    what: 'opens the brokers on node ports',
    environment: 'production',
    edit: {
      values: {
        'kafka.exposure': {
          kind: 'node-port',
          hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
          firstNodePort: 31_000,
        },
        'network.kafkaClientCidrs': ['10.9.0.0/16'],
      },
    },
    consequence: 'exposure',
    object: 'Service headwater/kafka-external-0',
    path: '',
    evidence: 'made; new ControllerRevision of StatefulSet headwater/kafka',
  },
  {
    what: 'runs its own edge no longer',
    environment: 'dev',
    edit: { values: { 'edge.controller': undefined } },
    consequence: 'rights',
    object: 'ClusterRole ingress-nginx-controller',
    path: '',
  },
  {
    what: 'lets processes write to the root of their file system',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/workloads/restricted-pod.ts',
      from: 'readOnlyRootFilesystem: true',
      to: 'readOnlyRootFilesystem: false',
    },
    consequence: 'rights',
    object: 'Deployment headwater/producer',
    path: 'spec.template.spec.containers[producer].securityContext.readOnlyRootFilesystem',
    evidence:
      'applied, new generation; new ReplicaSet of Deployment headwater/consumer; new ReplicaSet of Deployment headwater/producer',
  },
  {
    what: 'lets namespaces run what the profile refuses',
    environment: 'dev',
    edit: {
      file: 'infra/constructs/cluster/secure-namespace.ts',
      from: "'pod-security.kubernetes.io/enforce': podSecurity",
      to: "'pod-security.kubernetes.io/enforce': 'privileged'",
    },
    consequence: 'rights',
    object: 'Namespace headwater',
    path: 'metadata.labels.pod-security.kubernetes.io/enforce',
    evidence: 'applied; no pod template changed',
  },
];
