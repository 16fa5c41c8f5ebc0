import type { Place } from './path-pattern.ts';
import type { canonicalQuantity } from './quantity.ts';

export interface QuantityField extends Place {
  /** How two quantities are compared. */
  readonly as: Parameters<typeof canonicalQuantity>[1];
}

const IN_POD = 'containers|initContainers * resources limits|requests *';

/**
 * Fields that are quantities. The controllers of a StatefulSet and a DaemonSet compare revisions by the stored text. For a
 * Deployment and for immutable fields, the value decides.
 *
 * @see EqualRevision, pkg/controller/history/controller_history.go of kubernetes/kubernetes, and
 * pkg/api/equality/semantic.go of kubernetes/apimachinery
 */
export const QUANTITY_FIELDS: readonly QuantityField[] = [
  { kinds: ['StatefulSet', 'DaemonSet'], path: `spec template spec ${IN_POD}`, as: 'stored' },
  {
    kinds: ['StatefulSet', 'DaemonSet'],
    path: 'spec template spec volumes * emptyDir sizeLimit',
    as: 'stored',
  },
  { path: `** ${IN_POD}`, as: 'value' },
  { path: '** emptyDir sizeLimit', as: 'value' },
  {
    kinds: ['StatefulSet'],
    path: 'spec volumeClaimTemplates * spec resources limits|requests *',
    as: 'value',
  },
  { kinds: ['PersistentVolumeClaim'], path: 'spec resources limits|requests *', as: 'value' },
  { kinds: ['ResourceQuota'], path: 'spec hard *', as: 'value' },
  { kinds: ['LimitRange'], path: 'spec limits * default|defaultRequest|max|min *', as: 'value' },
];
