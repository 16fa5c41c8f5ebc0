import type { Tree } from './tree.ts';

interface Default {
  /** Kinds it holds for. @default every kind */
  readonly kinds?: readonly string[];
  readonly path: string;
  readonly value: Tree;
}

const POD = '**';
const WORKLOADS = ['StatefulSet', 'Deployment', 'DaemonSet', 'Job', 'Pod'];

/**
 * What the API server fills in where nothing is said: saying it is no change.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/ and pkg/apis/{core,apps,batch}/v1/defaults.go of kubernetes/kubernetes
 */
export const DEFAULTS: readonly Default[] = [
  { kinds: ['Service'], path: 'spec type', value: 'ClusterIP' },
  { kinds: ['Service'], path: 'spec externalIPs', value: {} },
  { kinds: ['Service'], path: 'spec sessionAffinity', value: 'None' },
  { kinds: ['Service'], path: 'spec publishNotReadyAddresses', value: false },
  { kinds: ['Service', ...WORKLOADS], path: '** protocol', value: 'TCP' },
  { kinds: ['ConfigMap', 'Secret'], path: 'immutable', value: false },
  { kinds: ['StatefulSet'], path: 'spec podManagementPolicy', value: 'OrderedReady' },
  { kinds: ['StatefulSet', 'DaemonSet'], path: 'spec updateStrategy type', value: 'RollingUpdate' },
  { kinds: ['Deployment'], path: 'spec strategy type', value: 'RollingUpdate' },
  { kinds: ['StatefulSet', 'Deployment', 'DaemonSet'], path: 'spec revisionHistoryLimit', value: 10 },
  { kinds: ['StatefulSet', 'Deployment', 'DaemonSet'], path: 'spec minReadySeconds', value: 0 },
  { kinds: ['Deployment'], path: 'spec progressDeadlineSeconds', value: 600 },
  { kinds: ['Job'], path: 'spec backoffLimit', value: 6 },
  { kinds: ['Job'], path: 'spec completions|parallelism', value: 1 },
  { kinds: WORKLOADS, path: `${POD} spec dnsPolicy`, value: 'ClusterFirst' },
  { kinds: ['StatefulSet', 'Deployment', 'DaemonSet'], path: `${POD} spec restartPolicy`, value: 'Always' },
  { kinds: WORKLOADS, path: `${POD} spec schedulerName`, value: 'default-scheduler' },
  { kinds: WORKLOADS, path: `${POD} spec terminationGracePeriodSeconds`, value: 30 },
  { kinds: WORKLOADS, path: `${POD} spec hostNetwork|hostPID|hostIPC|setHostnameAsFQDN`, value: false },
  { kinds: WORKLOADS, path: `${POD} spec enableServiceLinks|automountServiceAccountToken`, value: true },
  { kinds: WORKLOADS, path: `${POD} securityContext fsGroupChangePolicy`, value: 'Always' },
  { kinds: WORKLOADS, path: `${POD} terminationMessagePath`, value: '/dev/termination-log' },
  { kinds: WORKLOADS, path: `${POD} terminationMessagePolicy`, value: 'File' },
  { kinds: WORKLOADS, path: `${POD} volumeMounts * readOnly`, value: false },
  { kinds: WORKLOADS, path: `${POD} configMap|secret|projected defaultMode`, value: 420 },
  { kinds: WORKLOADS, path: `${POD} *Probe failureThreshold`, value: 3 },
  { kinds: WORKLOADS, path: `${POD} *Probe successThreshold|timeoutSeconds`, value: 1 },
  { kinds: WORKLOADS, path: `${POD} *Probe periodSeconds`, value: 10 },
  { kinds: WORKLOADS, path: `${POD} *Probe initialDelaySeconds`, value: 0 },
  { kinds: WORKLOADS, path: `${POD} *Probe httpGet scheme`, value: 'HTTP' },
  { kinds: WORKLOADS, path: `${POD} fieldRef apiVersion`, value: 'v1' },
  { kinds: ['ServiceAccount'], path: 'automountServiceAccountToken', value: true },
  { kinds: ['PodDisruptionBudget'], path: 'spec unhealthyPodEvictionPolicy', value: 'IfHealthyBudget' },
];
