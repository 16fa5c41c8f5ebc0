import { sum, toNumber, type Amounts, type Totals } from './resource-amounts.ts';

export interface Container {
  readonly name: string;
  /** `Always` marks a sidecar container. */
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
}

/** The parts of a pod or pod template that determine its resources and its nodes. */
export interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly Toleration[];
  };
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** An entry of a LimitRange. */
export interface Limit {
  readonly type: string;
  readonly min?: Amounts;
  readonly max?: Amounts;
  /** Defaults for a container without limits or requests. */
  readonly default?: Amounts;
  readonly defaultRequest?: Amounts;
}

/** The parts of a node that determine which pods of a DaemonSet run there. */
export interface Node {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/**
 * Resources of an admitted container: a missing request is its limit; anything else missing is the default of a
 * LimitRange.
 */
export function admitted({ resources = {} }: Container, limits: readonly Limit[]) {
  const { requests = {}, limits: stated = {} } = resources;
  const defaults = limits.filter(({ type }) => type === 'Container').toReversed();
  return {
    requests: {
      ...Object.assign({}, ...defaults.map(({ defaultRequest }) => defaultRequest)),
      ...stated,
      ...requests,
    } as Amounts,
    limits: { ...Object.assign({}, ...defaults.map((limit) => limit.default)), ...stated } as Amounts,
  };
}

/** Containers that run in parallel, and those that run alone before them. */
export function containersOf({ spec }: PodTemplate) {
  const first = spec?.initContainers ?? [];
  return {
    together: [
      ...(spec?.containers ?? []),
      ...first.filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ],
    alone: first.filter(({ restartPolicy }) => restartPolicy !== 'Always'),
  };
}

/** Usage of a ResourceQuota by one pod, by the quota's resource names: `pods`, `requests.cpu`, `limits.memory`. */
export function demandOfPod(pod: PodTemplate, limits: readonly Limit[]): Totals {
  const { together, alone } = containersOf(pod);
  const demandOf = (container: Container): Totals => {
    const { requests, limits: most } = admitted(container, limits);
    return new Map([...inWords('requests', requests), ...inWords('limits', most)]);
  };
  const demand = new Map(sum(together.map((container) => [demandOf(container), 1])));
  for (const container of alone) {
    for (const [resource, value] of demandOf(container)) {
      demand.set(resource, Math.max(value, demand.get(resource) ?? 0));
    }
  }
  return demand.set('pods', 1);
}

function inWords(of: string, amounts: Amounts): readonly (readonly [string, number])[] {
  return Object.entries(amounts).map(([resource, amount]) => [`${of}.${resource}`, toNumber(amount)]);
}

/** Usage of a ResourceQuota by one claim. */
export function demandOfClaim(storage: string, storageClassName: string | undefined): Totals {
  const own = [
    ['persistentvolumeclaims', 1],
    ['requests.storage', toNumber(storage)],
  ] as const;
  const ofClass = own.map(
    ([resource, value]) =>
      [`${storageClassName ?? ''}.storageclass.storage.k8s.io/${resource}`, value] as const,
  );
  return new Map([...own, ...(storageClassName === undefined ? [] : ofClass)]);
}

/** Whether a DaemonSet runs a pod on a node. */
export function runsOn({ spec }: PodTemplate, { labels, taints }: Node): boolean {
  const { nodeSelector = {}, tolerations = [] } = spec ?? {};
  return (
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value) &&
    taints
      .filter(({ effect }) => effect !== 'PreferNoSchedule')
      .every((taint) =>
        tolerations.some(
          ({ key, operator, value, effect }) =>
            (key === undefined || key === taint.key) &&
            (operator === 'Exists' || value === taint.value) &&
            (effect === undefined || effect === taint.effect),
        ),
      )
  );
}
