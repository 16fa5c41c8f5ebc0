import type { Place } from './path-pattern.ts';

/**
 * Which fields tell the elements of a list apart, by the list's name: `x-kubernetes-list-map-keys` and
 * `x-kubernetes-patch-merge-key` of the API server's published schema, where a name is used for one kind of list only.
 * Of several sets of fields the first whose first field an element has.
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
  /** A container's, and a Service's. */
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
  /** Of Prometheus; the rules of a Role and those of a route have neither. */
  rules: [['alert', 'labels.severity'], ['record']],
  /** Of a dashboard of Grafana, and a panel's queries. */
  panels: [['title']],
  targets: [['refId']],
  /** The topics that the Job is given in the variable `TOPICS`. */
  TOPICS: [['name']],
};

/**
 * Lists that are sets: their order means nothing to the API server or to what reads them.
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
 * Where the order counts, though elements have keys or are a set to a reader. A controller compares pod templates element
 * by element, the API server does so with what is immutable, and Prometheus evaluates the rules of a group in turn.
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
