import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, type Identity } from './labels.ts';

const PRIORITY: Identity = { name: 'headwater', component: 'priority' };

/** Names of the classes. */
export const PRIORITY_CLASSES = { state: 'headwater-state', collectors: 'headwater-collectors' } as const;

/**
 * Priority classes for pods with state, and for log collectors, which must run on their own node. On a full node the
 * scheduler evicts pods without a class for either, and a collector for a broker. Both are below the cluster's own
 * classes, which start at 2,000,000,000. They are cluster-wide objects.
 */
export class PriorityClasses extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.add('State', PRIORITY_CLASSES.state, 1_000_000, 'Brokers, and what keeps their metadata.');
    this.add('Collectors', PRIORITY_CLASSES.collectors, 900_000, 'The collectors of logs, one on each node.');
  }

  private add(id: string, name: string, value: number, description: string): void {
    new ApiObject(this, id, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name, labels: objectLabels(PRIORITY) },
      description,
      globalDefault: false,
      preemptionPolicy: 'PreemptLowerPriority',
      value,
    });
  }
}
