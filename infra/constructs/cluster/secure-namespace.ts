import { ApiObject, type Size } from 'cdk8s';
import { Namespace } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { requireDnsLabel } from '../workloads/requirements.ts';

/** Levels of the Pod Security admission, strictest last. @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

export interface SecureNamespaceProps {
  readonly name: string;
  /**
   * Pods below this level are rejected; pods below `restricted` cause a warning at any level. Use `privileged` for pods
   * that read directories of their node.
   */
  readonly podSecurity: PodSecurityLevel;
  /** Quota of all pods together. */
  readonly quota: { readonly cpuMillicores: number; readonly memory: Size; readonly pods: number };
}

/** Defaults of a container that declares no resources: enough to start, too little to do harm. */
const UNSTATED = { cpu: '50m', memory: '128Mi', 'ephemeral-storage': '128Mi' } as const;

/**
 * A namespace that rejects pods below its security level, resources above its quota, and all traffic without a policy.
 */
export class SecureNamespace extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: SecureNamespaceProps) {
    super(scope, id);
    const { name, podSecurity, quota } = props;
    requireDnsLabel(this, 'namespace', 'name', name);

    const labels = { 'app.kubernetes.io/part-of': 'headwater' };
    new Namespace(this, 'Resource', {
      metadata: {
        name,
        labels: {
          ...labels,
          'pod-security.kubernetes.io/enforce': podSecurity,
          'pod-security.kubernetes.io/audit': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    });
    new ApiObject(this, 'Limits', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'unstated', namespace: name, labels },
      spec: {
        limits: [
          {
            type: 'Container',
            defaultRequest: UNSTATED,
            default: { memory: UNSTATED.memory, 'ephemeral-storage': UNSTATED['ephemeral-storage'] },
          },
        ],
      },
    });
    const memory = `${quota.memory.toMebibytes()}Mi`;
    new ApiObject(this, 'Quota', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'sum', namespace: name, labels },
      spec: {
        hard: {
          'limits.memory': memory,
          pods: String(quota.pods),
          'requests.cpu': `${quota.cpuMillicores}m`,
          'requests.memory': memory,
        },
      },
    });
    new ApiObject(this, 'DefaultDeny', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'default-deny', namespace: name, labels },
      spec: { podSelector: {}, policyTypes: ['Egress', 'Ingress'] },
    });
    this.name = name;
  }
}
