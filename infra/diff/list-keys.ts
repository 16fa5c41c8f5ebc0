/**
 * How the API server tells the elements of a list apart, by the list's name: `x-kubernetes-list-map-keys` and
 * `x-kubernetes-patch-merge-key` of its published schema, where a name is used for one kind of list only.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeClaimTemplates: ['metadata.name'],
  topologySpreadConstraints: ['topologyKey'],
  imagePullSecrets: ['name'],
  listeners: ['name'],
  parentRefs: ['name', 'sectionName'],
  subjects: ['kind', 'namespace', 'name'],
  webhooks: ['name'],
  groups: ['name'],
  /** The topics that the Job is given in the variable `TOPICS`. */
  TOPICS: ['name'],
};

/** A port is known by its number and protocol; a Service's by `port`, a container's by `containerPort`. */
export const PORT_KEYS: readonly (readonly string[])[] = [
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
];

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
  'add',
  'drop',
  'accessModes',
  'hostnames',
  'hosts',
  'dnsNames',
  'externalIPs',
  'loadBalancerSourceRanges',
];
