/** Name of the platform in the labels of all its objects. */
const INSTANCE = 'headwater';

/** Identity of a workload: `name` is the program, `component` its role in the platform. */
export interface Identity {
  readonly name: string;
  readonly component: string;
}

/** Labels that select pods. They must not change: selectors are immutable. */
export function selectorLabels({ name, component }: Identity): Record<string, string> {
  return {
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': INSTANCE,
    'app.kubernetes.io/name': name,
  };
}

/** Labels of every object: those of the selector, and the platform. */
export function objectLabels(identity: Identity): Record<string, string> {
  return { ...selectorLabels(identity), 'app.kubernetes.io/part-of': INSTANCE };
}
