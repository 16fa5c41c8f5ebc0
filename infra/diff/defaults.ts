import type { Place } from './path-pattern.ts';
import type { Tree, TreeMap } from './tree.ts';

export interface Default extends Place {
  /** The default, or a function of the other fields in the same map. */
  readonly value: Tree | ((holder: TreeMap) => Tree);
}

const TEMPLATED = ['StatefulSet', 'Deployment', 'DaemonSet', 'Job'];
const CONTROLLED = ['StatefulSet', 'Deployment', 'DaemonSet'];
const POD = 'spec template spec';
const CONTAINER = `${POD} containers|initContainers *`;
const VOLUME = `${POD} volumes *`;

/**
 * Defaults that the API server writes into a pod template, or does not store: the template is the same with and without
 * them. It does not contain defaults that only the reader of a field assumes: writing one changes the template.
 *
 * @see SetDefaults_PodSpec and others, pkg/apis/core/v1/defaults.go of kubernetes/kubernetes
 */
export const TEMPLATE_DEFAULTS: readonly Default[] = [
  { kinds: TEMPLATED, path: `${POD} dnsPolicy`, value: 'ClusterFirst' },
  { kinds: CONTROLLED, path: `${POD} restartPolicy`, value: 'Always' },
  { kinds: TEMPLATED, path: `${POD} schedulerName`, value: 'default-scheduler' },
  { kinds: TEMPLATED, path: `${POD} terminationGracePeriodSeconds`, value: 30 },
  { kinds: TEMPLATED, path: `${POD} hostNetwork|hostPID|hostIPC`, value: false },
  { kinds: TEMPLATED, path: `${CONTAINER} imagePullPolicy`, value: pullPolicyOf },
  { kinds: TEMPLATED, path: `${CONTAINER} terminationMessagePath`, value: '/dev/termination-log' },
  { kinds: TEMPLATED, path: `${CONTAINER} terminationMessagePolicy`, value: 'File' },
  { kinds: TEMPLATED, path: `${CONTAINER} volumeMounts * readOnly`, value: false },
  { kinds: TEMPLATED, path: `${CONTAINER} ports * protocol`, value: 'TCP' },
  { kinds: TEMPLATED, path: `${CONTAINER} env * valueFrom fieldRef apiVersion`, value: 'v1' },
  { kinds: TEMPLATED, path: `${CONTAINER} *Probe failureThreshold`, value: 3 },
  { kinds: TEMPLATED, path: `${CONTAINER} *Probe successThreshold|timeoutSeconds`, value: 1 },
  { kinds: TEMPLATED, path: `${CONTAINER} *Probe periodSeconds`, value: 10 },
  { kinds: TEMPLATED, path: `${CONTAINER} *Probe initialDelaySeconds`, value: 0 },
  { kinds: TEMPLATED, path: `${CONTAINER} *Probe httpGet scheme`, value: 'HTTP' },
  { kinds: TEMPLATED, path: `${CONTAINER} lifecycle preStop|postStart httpGet scheme`, value: 'HTTP' },
  { kinds: TEMPLATED, path: `${VOLUME} configMap|secret|projected|downwardAPI defaultMode`, value: 420 },
];

/**
 * Defaults of other fields that the API server writes, or assumes while it reads.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/ and pkg/apis/{core,apps,batch}/v1/defaults.go of kubernetes/kubernetes
 */
const OBJECT_DEFAULTS: readonly Default[] = [
  { kinds: ['Service'], path: 'spec type', value: 'ClusterIP' },
  { kinds: ['Service'], path: 'spec externalIPs', value: {} },
  { kinds: ['Service'], path: 'spec sessionAffinity', value: 'None' },
  { kinds: ['Service'], path: 'spec publishNotReadyAddresses', value: false },
  { kinds: ['Service'], path: 'spec ports * protocol', value: 'TCP' },
  { kinds: ['ConfigMap', 'Secret'], path: 'immutable', value: false },
  { kinds: ['StatefulSet'], path: 'spec podManagementPolicy', value: 'OrderedReady' },
  { kinds: ['StatefulSet', 'DaemonSet'], path: 'spec updateStrategy type', value: 'RollingUpdate' },
  { kinds: ['Deployment'], path: 'spec strategy type', value: 'RollingUpdate' },
  { kinds: CONTROLLED, path: 'spec revisionHistoryLimit', value: 10 },
  { kinds: CONTROLLED, path: 'spec minReadySeconds', value: 0 },
  { kinds: ['Deployment'], path: 'spec progressDeadlineSeconds', value: 600 },
  { kinds: ['Job'], path: 'spec backoffLimit', value: 6 },
  { kinds: ['ServiceAccount'], path: 'automountServiceAccountToken', value: true },
  { kinds: ['PodDisruptionBudget'], path: 'spec unhealthyPodEvictionPolicy', value: 'IfHealthyBudget' },
];

export const DEFAULTS: readonly Default[] = [...TEMPLATE_DEFAULTS, ...OBJECT_DEFAULTS];

/** An image without tag and digest has the tag `latest`. */
function pullPolicyOf({ image }: TreeMap): string {
  const [name = '', digest] = typeof image === 'string' ? image.split('@') : [];
  const tag = /:([^/:]+)$/.exec(name)?.[1] ?? (digest === undefined ? 'latest' : undefined);
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}
