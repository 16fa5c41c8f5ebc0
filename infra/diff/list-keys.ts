import type { Place } from './path-pattern.ts';

/**
 * The key fields of a list's elements, by the list's name: `x-kubernetes-list-map-keys` and
 * `x-kubernetes-patch-merge-key` of the API server's published schema. Contains only names that one kind of list has. If
 * there are several sets of fields, the first one applies whose first field the element has.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export const LIST_KEYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [['name']],
  initContainers: [['name']],
  env: [['name']],
  volumes: [['name']],
  volumeMounts: [['mountPath']],
  volumeClaimTemplates: [['metadata.name']],
  topologySpreadConstraints: [['topologyKey']],
  imagePullSecrets: [['name']],
  listeners: [['name']],
  parentRefs: [['name', 'sectionName']],
  subjects: [['kind', 'namespace', 'name']],
  webhooks: [['name']],
  groups: [['name']],
  /** Of a container, then of a Service. */
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
  /** Of Prometheus. The rules of a Role or a route have none of these fields. */
  rules: [['alert', 'labels.severity'], ['record']],
  /** Of a Grafana dashboard: its panels, and the queries of a panel. */
  panels: [['title']],
  targets: [['refId']],
  /** The topics in the variable `TOPICS` of the Job. */
  TOPICS: [['name']],
};

/**
 * Lists that are sets: neither the API server nor any reader depends on their order.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/ (rules are a union)
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/ (rules are a union)
 */
export const SETS: readonly string[] = [
  'ingress',
  'egress',
  'from',
  'to',
  'policyTypes',
  'verbs',
  'resources',
  'apiGroups',
  'resourceNames',
  'accessModes',
  'hostnames',
  'hosts',
  'dnsNames',
  'externalIPs',
  'loadBalancerSourceRanges',
];

/**
 * Lists whose order matters, although they have keys or are sets. A controller compares pod templates element by element,
 * and the API server compares immutable fields so. Prometheus evaluates the rules of a group in order.
 *
 * @see EqualIgnoreHash, pkg/controller/deployment/util/deployment_util.go; getPatch, pkg/controller/statefulset/stateful_set_utils.go;
 * ValidateStatefulSetUpdate, pkg/apis/apps/validation/validation.go of kubernetes/kubernetes
 * @see https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#rule_group
 */
export const ORDERED: readonly Place[] = [
  { kinds: ['StatefulSet', 'Deployment', 'DaemonSet', 'Job'], path: 'spec template **' },
  { kinds: ['CronJob'], path: 'spec jobTemplate **' },
  { kinds: ['StatefulSet'], path: 'spec volumeClaimTemplates **' },
  { kinds: ['PrometheusRule'], path: 'spec groups * rules' },
];
