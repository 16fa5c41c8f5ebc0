import { PRIORITY_CLASSES } from '../constructs/workloads/priority-classes.ts';
import type { Environment } from '../environments/environment.ts';

/** The priority class of some pods as a property to spread; empty if there is none. */
export function priorityOf(
  { priority = { kind: 'made' } }: Environment,
  pods: keyof typeof PRIORITY_CLASSES,
): { readonly priorityClassName?: string } {
  switch (priority.kind) {
    case 'none':
      return {};
    case 'made':
      return { priorityClassName: PRIORITY_CLASSES[pods] };
    case 'existing':
      return { priorityClassName: priority[pods] };
  }
}
