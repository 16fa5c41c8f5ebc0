import type { NamespaceFacts, Quota } from './cluster-facts.ts';
import type { Findings } from './findings.ts';
import type { Manifest } from '../stack/platform-objects.ts';
import {
  admitted,
  containersOf,
  demandOfClaim,
  demandOfPod,
  type Limit,
  type Node,
  type PodTemplate,
} from './pod-demand.ts';
import { showAmount, sum, toNumber, type Amounts, type Totals } from './resource-amounts.ts';
import { workloadDemands, type WorkloadDemand } from './workload-demand.ts';

export interface BoundsContext {
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  readonly nodes: readonly Node[];
  readonly defaultStorageClass: string | undefined;
  /** Property of the environment with the quota of a namespace: `quotas.pipeline`. */
  readonly quotaProperty: (namespace: string) => string;
}

const NOTHING: NamespaceFacts = { quotas: [], limitRanges: [], pods: [], claims: [] };
/** Resources that each container must state under a quota. */
const STATED = /^(requests|limits)\.(cpu|memory)$/;

/**
 * Checks the resources of the manifests against each ResourceQuota and LimitRange of their namespaces after the apply.
 * Otherwise a violation only appears minutes later, in an event of a pod that is never created.
 */
export function checkBounds(manifests: readonly Manifest[], context: BoundsContext): Findings {
  const { namespaces, quotaProperty } = context;
  const asked = new Set(manifests.map(({ metadata }) => metadata.namespace ?? ''));
  const bounds = new Map(
    [...asked].map((namespace) => [
      namespace,
      boundsOf(namespaces.get(namespace) ?? NOTHING, manifests, namespace),
    ]),
  );
  const limitsOf = (namespace: string): readonly Limit[] => bounds.get(namespace)?.limits ?? [];
  const demands = workloadDemands(manifests, { ...context, limitsOf });
  const found = [...bounds].map(([namespace, bound]): Findings => {
    const own = demands.filter((demand) => demand.namespace === namespace);
    const quotas = checkQuotas(namespace, bound, own, quotaProperty(namespace));
    return {
      errors: [...quotas.errors, ...checkLimitRanges(namespace, bound, own)],
      warnings: quotas.warnings,
    };
  });
  return {
    errors: found.flatMap(({ errors }) => errors),
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

/** Quotas and limits of a namespace after the apply: the platform's own ones are taken from the manifests. */
interface Bounds extends NamespaceFacts {
  readonly quotas: readonly (Quota & { readonly isOwn: boolean })[];
  /** Merged from all its LimitRanges. */
  readonly limits: readonly Limit[];
}

function boundsOf(facts: NamespaceFacts, manifests: readonly Manifest[], namespace: string): Bounds {
  const specsOf = <Spec>(kind: string) =>
    manifests
      .filter((manifest) => manifest.kind === kind && manifest.metadata.namespace === namespace)
      .map(({ metadata: { name }, spec }) => ({ name, ...(spec as Spec) }));
  const others = <T extends { readonly name: string }>(found: readonly T[], own: readonly T[]) =>
    found.filter(({ name }) => !own.some((object) => object.name === name));
  const quotas = specsOf<{ readonly hard: Amounts }>('ResourceQuota');
  const ownRanges = specsOf<{ readonly limits: readonly Limit[] }>('LimitRange');
  const limitRanges = [...others(facts.limitRanges, ownRanges), ...ownRanges];
  return {
    ...facts,
    quotas: [
      ...others(facts.quotas, quotas).map((quota) => ({ ...quota, isOwn: false })),
      ...quotas.map((quota) => ({ ...quota, isOwn: true })),
    ],
    limitRanges,
    limits: limitRanges.flatMap(({ limits }) => limits),
  };
}

function checkQuotas(
  namespace: string,
  bounds: Bounds,
  own: readonly WorkloadDemand[],
  property: string,
): Findings {
  const errors: string[] = [];
  const warnings: string[] = [];
  const others = usedByOthers(bounds, own);
  const least = sum(own.map((demand) => [demand.least, 1]));
  const most = sum(own.map((demand) => [demand.most, 1]));
  for (const { name, hard, isOwn } of bounds.quotas) {
    for (const [key, amount] of Object.entries(hard)) {
      const resource = quotaWord(key);
      const show = (value: number): string => showAmount(resource, value);
      const quota = `ResourceQuota ${namespace}/${name}`;
      const silent = STATED.test(resource) ? findSilent(resource, own, bounds.limits) : undefined;
      if (silent !== undefined) {
        errors.push(
          `${quota}: ${key} must be stated by every container, ${silent} states none, so that no pod would be made: take ${key} out of the quota, or give a LimitRange of the namespace a default`,
        );
        continue;
      }
      const total = toNumber(amount);
      const free = Math.max(0, total - (others.get(resource) ?? 0));
      const remedy = isOwn ? `raise ${property}` : 'raise it, or ask for less';
      const lacks = (asked: number): string =>
        `${show(asked)}, ${show(free)} of ${show(total)} are free: ${remedy} in the environment`;
      const [needed = 0, wished = 0] = [least.get(resource), most.get(resource)];
      if (isAbove(needed, free)) errors.push(`${quota}: ${key}: the platform asks for ${lacks(needed)}`);
      else if (isAbove(wished, free)) {
        warnings.push(
          `${quota}: ${key}: scaled out, and while it is rolled, the platform asks for ${lacks(wished)}`,
        );
      }
    }
  }
  return { errors, warnings };
}

/** Tolerance for rounding errors in sums of cores. */
function isAbove(value: number, bound: number): boolean {
  return value > bound * (1 + 1e-9);
}

/** Short names of resources in a quota: `cpu` is `requests.cpu`. */
function quotaWord(key: string): string {
  if (/^(cpu|memory|ephemeral-storage)$/.test(key)) return `requests.${key}`;
  return key.replace(/^count\/(?=(pods|persistentvolumeclaims)$)/, '');
}

function usedByOthers({ pods, claims }: NamespaceFacts, own: readonly WorkloadDemand[]): Totals {
  const isOwnPod = ({ metadata }: PodTemplate): boolean =>
    own.some(({ labels }) =>
      Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value),
    );
  const ownClaims = new Set(own.flatMap((demand) => demand.claims.map(({ name }) => name)));
  return sum([
    ...pods.filter((pod) => !isOwnPod(pod)).map((pod) => [demandOfPod(pod, []), 1] as const),
    ...claims
      .filter(({ name }) => !ownClaims.has(name))
      .map(({ storage, storageClassName }) => [demandOfClaim(storage, storageClassName), 1] as const),
  ]);
}

function findSilent(
  resource: string,
  own: readonly WorkloadDemand[],
  limits: readonly Limit[],
): string | undefined {
  const [of = '', what = ''] = resource.split('.');
  for (const { name, template } of own) {
    const { together, alone } = containersOf(template);
    const silent = [...together, ...alone].find(
      (container) => admitted(container, limits)[of as 'requests' | 'limits'][what] === undefined,
    );
    if (silent !== undefined) return `container ${silent.name} of ${name}`;
  }
  return undefined;
}

function checkLimitRanges(
  namespace: string,
  { limitRanges, limits: all }: Bounds,
  own: readonly WorkloadDemand[],
): readonly string[] {
  return limitRanges.flatMap(({ name, limits }) =>
    limits.flatMap(({ type, min = {}, max = {} }) =>
      own.flatMap((demand) =>
        askedOf(type, demand, all).flatMap(({ what, asked }) => {
          const bound = (amounts: Amounts, word: 'least' | 'most') =>
            Object.entries(amounts).flatMap(([resource, amount]) => {
              const wrong = [`requests.${resource}`, `limits.${resource}`]
                .map((key) => asked.get(key))
                .find(
                  (value) =>
                    value !== undefined &&
                    (word === 'most' ? isAbove(value, toNumber(amount)) : isAbove(toNumber(amount), value)),
                );
              return wrong === undefined
                ? []
                : [
                    `LimitRange ${namespace}/${name}: ${resource} of a ${type} must be at ${word} ${amount}, ${what} asks for ${showAmount(resource, wrong)}: change the LimitRange, or what the environment asks for`,
                  ];
            });
          return [...bound(min, 'least'), ...bound(max, 'most')];
        }),
      ),
    ),
  );
}

function askedOf(type: string, { name, template, claims }: WorkloadDemand, limits: readonly Limit[]) {
  switch (type) {
    case 'Container': {
      const { together, alone } = containersOf(template);
      return [...together, ...alone].map((container) => ({
        what: `container ${container.name} of ${name}`,
        asked: demandOfPod({ spec: { containers: [container] } }, limits),
      }));
    }
    case 'Pod':
      return [{ what: `a pod of ${name}`, asked: demandOfPod(template, limits) }];
    case 'PersistentVolumeClaim':
      return claims
        .filter((claim) => claim.name.endsWith('-0'))
        .map((claim) => ({
          what: `${claim.name} of ${name}`,
          asked: demandOfClaim(claim.storage, undefined),
        }));
    default:
      return [];
  }
}
