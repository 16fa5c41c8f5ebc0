import { describeChange, findDifferences, mergeChanges, type Change, type Finding } from '../changes.ts';
import { worstOf } from '../consequences.ts';
import { identify, objectText, type ManifestObject } from '../objects.ts';
import { objectOf } from '../rules/rule.ts';
import { pathText, valueAt, type Tree } from '../tree.ts';
import { adapt } from './adapt.ts';
import { findAlone } from './alone.ts';
import {
  identifyCause,
  seedKey,
  showProperty,
  type Cause,
  type CauseEffect,
  type CauseSeed,
} from './cause.ts';
import type { Code, Synthesis } from './checkout-code.ts';
import { compareCosts } from './costs.ts';
import type { PropertyChange } from './property-changes.ts';
import { smallestSet } from './smallest-set.ts';
import { isSameAt, Variants } from './variants.ts';
import { findWayBack } from './way-back.ts';

/** An environment on one side: its value, and the output of that side's code. */
export interface EnvironmentSide {
  readonly value: Tree;
  readonly objects: readonly ManifestObject[];
}

/** One environment on both sides, or on the side that has it. */
export interface EnvironmentSides {
  readonly environment: string;
  readonly before?: EnvironmentSide;
  readonly after?: EnvironmentSide;
}

/** Changes of one environment, each with the key of its cause. */
export interface Attribution {
  readonly changes: readonly Change[];
  readonly causes: readonly AttributedCause[];
}

export interface AttributedCause extends CauseEffect {
  readonly seed: CauseSeed;
}

/**
 * Assigns one cause to every change of an environment: the smallest set of properties that causes it when the head's
 * code gets the base's value with only that set changed. If the head's code causes it with no property changed, the
 * cause is the code.
 *
 * @param code the head's code; if it is unavailable, the code is the cause of every change
 */
export function attribute(
  { environment, before, after }: EnvironmentSides,
  code: Code | undefined,
): Attribution {
  const findings = findDifferences(before?.objects ?? [], after?.objects ?? []);
  const one = (seed: CauseSeed): Attribution => {
    const costs = compareCosts(before?.objects ?? [], after?.objects ?? []);
    return causesOf(environment, findings, () => ({ seed, costs }), [seed]);
  };
  if (before === undefined || after === undefined) {
    return one({ kind: 'environment', name: before === undefined ? 'added' : 'removed', properties: [] });
  }
  if (code === undefined) return findings.length === 0 ? none : one({ kind: 'code', properties: [] });

  const { start, type, properties } = adapt(before.value, after.value, code);
  if (findings.length === 0 && properties.length === 0 && type.length === 0) return none;
  const variants = new Variants(code, start, properties);
  const find = setFinder(variants, properties);
  const head = variants.with(properties).synthesis;
  const effects = new Map<string, CauseEffect>();
  const silent = [
    ...properties.map((property) => propertiesCause([property])),
    ...(type.length === 0 ? [] : [{ kind: 'type' as const, properties: type.map(showProperty) }]),
  ];
  const attribution = causesOf(
    environment,
    findings,
    (finding) => {
      const set = find(finding);
      if (set === undefined || set.length === 0) return { seed: codeCause(finding, head), costs: [] };
      const seed = propertiesCause(set);
      const effect = effects.get(seedKey(seed)) ?? effectOf(variants, set);
      effects.set(seedKey(seed), effect);
      return { seed, ...effect };
    },
    silent,
  );
  return withAlone(attribution, variants, properties);
}

/** Adds to each cause the effects of its properties alone, if they differ from the effect of all. */
function withAlone(
  { changes, causes }: Attribution,
  variants: Variants,
  properties: readonly PropertyChange[],
): Attribution {
  const told = causes.map((cause): AttributedCause => {
    const { seed } = cause;
    if (seed.kind !== 'properties') return cause;
    const set = properties.filter(({ path }) => seed.properties.some((own) => own.path === pathText(path)));
    const own = changes.filter((change) => change.cause === seedKey(seed));
    const together = own.length === 0 ? undefined : worstOf(own.map(({ consequence }) => consequence));
    const alone = findAlone(variants, set, together);
    return { ...cause, ...(alone && { alone }) };
  });
  return { changes, causes: told };
}

const none: Attribution = { changes: [], causes: [] };

/**
 * Finds the smallest set of properties for a change; empty if the code alone causes it, undefined if all properties
 * together do not. Tries earlier sets first, since one set often causes many changes.
 */
function setFinder(
  variants: Variants,
  properties: readonly PropertyChange[],
): (finding: Finding) => readonly PropertyChange[] | undefined {
  const known: (readonly PropertyChange[])[] = [];
  return (finding) => {
    const goal = variants.with(properties);
    const gives = (set: readonly PropertyChange[]): boolean => isSameAt(finding, variants.with(set), goal);
    if (goal.refusal !== undefined) return undefined;
    if (gives([])) return [];
    const alone = properties.find((property) => gives([property]));
    if (alone !== undefined) return [alone];
    const isSmallest = (set: readonly PropertyChange[]): boolean =>
      gives(set) && set.every((left) => !gives(set.filter((other) => other !== left)));
    const found = known.find(isSmallest) ?? smallestSet(properties, gives);
    if (!known.includes(found)) known.push(found);
    return found;
  };
}

/** Compares the base's value with the same value in which only the set is changed. */
function effectOf(variants: Variants, set: readonly PropertyChange[]): CauseEffect {
  const [before, after] = [variants.objectsWith([]), variants.objectsWith(set)];
  const back = findWayBack(before, after);
  return { costs: compareCosts(before, after), ...(back && { back }) };
}

function propertiesCause(set: readonly PropertyChange[]): CauseSeed {
  return { kind: 'properties', properties: set.map(showProperty) };
}

function codeCause({ pair, difference }: Finding, head: Synthesis | undefined): CauseSeed {
  const { path, before, after } = difference;
  if (path.at(-1) === 'image' && typeof before === 'string' && typeof after === 'string') {
    const [from, to] = [splitImage(before), splitImage(after)];
    if (from.repository === to.repository) {
      const properties = [{ path: to.repository, before: from.version, after: to.version }];
      return { kind: 'image', properties };
    }
  }
  const object = objectOf(pair);
  const name = head && (head.constructs.get(identify(object)) ?? nameOfLikes(object, head));
  return { kind: 'code', name: name ?? objectText(object), properties: [] };
}

/** Returns the construct of an object with the same label: it probably rendered a removed object too. */
function nameOfLikes(object: ManifestObject, head: Synthesis): string | undefined {
  const labelsOf = ({ metadata }: ManifestObject): unknown =>
    valueAt(metadata, ['labels', 'app.kubernetes.io/name']);
  const wanted = labelsOf(object);
  if (wanted === undefined) return undefined;
  const like = head.objects.find(
    (other) => labelsOf(other) === wanted && head.constructs.has(identify(other)),
  );
  return like && head.constructs.get(identify(like));
}

function splitImage(reference: string): { readonly repository: string; readonly version: string } {
  const [, repository = reference, version = ''] = /^(.+?)(?::([^/]+)|@(.+))?$/.exec(reference) ?? [];
  return { repository, version };
}

function causesOf(
  environment: string,
  findings: readonly Finding[],
  causeOf: (finding: Finding) => AttributedCause,
  silent: readonly CauseSeed[],
): Attribution {
  const causes = new Map<string, AttributedCause>();
  const changes = findings.map((finding) => {
    const cause = causeOf(finding);
    const key = seedKey(cause.seed);
    causes.set(key, cause);
    return { ...describeChange(environment, finding), cause: key };
  });
  const told = new Set([...causes.values()].flatMap(({ seed }) => seed.properties.map(({ path }) => path)));
  for (const seed of silent) {
    if (seed.properties.length === 0 || seed.properties.every(({ path }) => !told.has(path)))
      causes.set(seedKey(seed), causes.get(seedKey(seed)) ?? { seed, costs: [] });
  }
  return { changes, causes: [...causes.values()] };
}

/** Merges equal changes and causes of several environments. */
export function mergeAttributions(attributions: ReadonlyMap<string, Attribution>): {
  readonly changes: readonly Change[];
  readonly causes: readonly Cause[];
} {
  const changes = mergeChanges([...attributions.values()].flatMap((attribution) => attribution.changes));
  const seeds = new Map<string, Pick<Cause, 'effects'> & { readonly seed: CauseSeed }>();
  for (const [environment, { causes }] of attributions) {
    for (const { seed, ...effect } of causes) {
      const key = seedKey(seed);
      seeds.set(key, { seed, effects: { ...seeds.get(key)?.effects, [environment]: effect } });
    }
  }
  const ids = new Map(
    [...seeds.keys()].map((key) => {
      const own = changes.filter(({ cause }) => cause === key).map(({ id }) => id);
      return [key, identifyCause(key, own)] as const;
    }),
  );
  return {
    changes: changes.map(({ cause = '', ...change }) => ({ ...change, cause: ids.get(cause) ?? cause })),
    causes: [...seeds].map(([key, { seed, effects }]) => ({
      id: ids.get(key) ?? key,
      ...seed,
      environments: Object.keys(effects),
      effects,
    })),
  };
}
