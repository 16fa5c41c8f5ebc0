/** The platform as it stands in the labels of everything that belongs to it. */
const INSTANCE = 'headwater';

/** What a workload is: `name` the program, `component` its part in the platform. */
export interface Identity {
  readonly name: string;
  readonly component: string;
}

/** Labels by which pods are selected. They never change: a selector is immutable. */
export function selectorLabels({ name, component }: Identity): Record<string, string> {
  return {
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': INSTANCE,
    'app.kubernetes.io/name': name,
  };
}

/** Labels of every object: the selector's, and the whole that it is part of. */
export function objectLabels(identity: Identity): Record<string, string> {
  return { ...selectorLabels(identity), 'app.kubernetes.io/part-of': INSTANCE };
}
