import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels, type Identity } from './labels.ts';

export interface DisruptionBudgetProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  /**
   * Whether an unready pod may always be evicted, or only while enough others are ready. `IfHealthyBudget` is for pods
   * with state: a broker that lags behind in one partition may hold the last copy of another. `AlwaysAllow` is for the
   * rest: a pod that never becomes ready must not block the drain of its node.
   */
  readonly unhealthyPodEvictionPolicy: 'IfHealthyBudget' | 'AlwaysAllow';
}

/**
 * Allows the eviction of one pod of a workload at a time. cdk8s-plus has no such construct, and its types lack
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
