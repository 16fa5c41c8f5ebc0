import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels, type Identity } from './labels.ts';

export interface DisruptionBudgetProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  /**
   * Whether a pod that is not ready may be evicted at all times, or only while enough others are ready.
   * `IfHealthyBudget` is for pods that hold state: a broker that is behind with one partition may still be the last
   * that has another. `AlwaysAllow` is for the rest: what never becomes ready must not block its node's drain.
   */
  readonly unhealthyPodEvictionPolicy: 'IfHealthyBudget' | 'AlwaysAllow';
}

/**
 * Lets a drain take one pod of a workload at a time. cdk8s-plus has no such kind, and its types end before
 * `unhealthyPodEvictionPolicy` (Kubernetes 1.27).
 */
export class DisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, props: DisruptionBudgetProps) {
    super(scope, id);
    const { name, namespace, identity, unhealthyPodEvictionPolicy } = props;
    new ApiObject(this, 'Resource', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace, labels: objectLabels(identity) },
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: selectorLabels(identity) },
        unhealthyPodEvictionPolicy,
      },
    });
  }
}
